import sodium from 'libsodium-wrappers'
import { CryptoUnavailableError } from './errors.ts'

/** The functions of libsodium. */
export type Sodium = typeof sodium

/** libsodium, once its WebAssembly is compiled. @throws CryptoUnavailableError if it can't be. */
export async function loadSodium(): Promise<Sodium> {
  try {
    await sodium.ready
  } catch (cause) {
    throw new CryptoUnavailableError(cause)
  }
  return sodium
}
