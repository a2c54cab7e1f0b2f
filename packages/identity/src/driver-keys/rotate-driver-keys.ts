import type { Clock, Random } from '@shardline/core'
import { toBase64Url } from '../bytes.ts'
import type { Identity } from '../identity.ts'
import { DRIVER_KEYS_KEPT_MAX, DRIVER_KEY_MS_DEFAULT } from '../limits.ts'
import { createEncryptionKey, encryptionKeyOf } from '../sealing/encryption-key.ts'
import type { EncryptionKeyPair } from '../sealing/encryption-key.ts'
import { signDriverKey } from './driver-key-entry.ts'
import type { DriverKeyEntry } from './driver-key-entry.ts'

/** A driver's encryption key with its secret half. */
export interface DriverKey {
  readonly entry: DriverKeyEntry
  /** 32 bytes. */
  readonly secretKey: Uint8Array
}

/** What {@link rotateDriverKeys} takes. */
export interface RotateInit {
  readonly identity: Identity
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  /** The keys so far, the newest last. */
  readonly keys: readonly DriverKey[]
  /** Milliseconds that the new key is valid. @default DRIVER_KEY_MS_DEFAULT */
  readonly validMs?: number
  /** Keys kept at the most. @default DRIVER_KEYS_KEPT_MAX */
  readonly keptMax?: number
}

/**
 * The keys with a new one at the end. Keys that ran out are dropped for good: what was sealed to them can then be opened
 * by nobody but the users who sealed it.
 *
 * @throws DriverKeyInvalidError if `validMs` is more than DRIVER_KEY_MS_MAX.
 */
export async function rotateDriverKeys(init: RotateInit): Promise<readonly DriverKey[]> {
  const nowMs = init.clock.now()
  const { publicKey, secretKey } = await createEncryptionKey(init.random)
  const entry = signDriverKey(init.identity, {
    sequence: (init.keys.at(-1)?.entry.sequence ?? -1) + 1,
    encryptionKey: toBase64Url(publicKey),
    validFromMs: nowMs,
    validUntilMs: nowMs + (init.validMs ?? DRIVER_KEY_MS_DEFAULT),
  })
  const kept = init.keys.filter((key) => key.entry.validUntilMs >= nowMs)
  return [...kept, { entry, secretKey }].slice(-(init.keptMax ?? DRIVER_KEYS_KEPT_MAX))
}

/** The key pairs that a driver opens prompts with. */
export function encryptionKeysOf(keys: readonly DriverKey[]): Promise<readonly EncryptionKeyPair[]> {
  return Promise.all(keys.map(({ secretKey }) => encryptionKeyOf(secretKey)))
}
