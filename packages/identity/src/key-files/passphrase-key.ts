import { scryptAsync } from '@noble/hashes/scrypt.js'
import { utf8 } from '../bytes.ts'
import { KeyFileMalformedError } from '../errors.ts'
import { PASSPHRASE_BYTES_MAX, SCRYPT_COST_LOG2_MAX } from '../limits.ts'
import { checkPassphrase } from './party-keys.ts'

/** How a key is made from a passphrase. */
export interface PassphraseSalt {
  /** Binary logarithm of scrypt's cost N. */
  readonly costLog2: number
  /** 16 random bytes. */
  readonly salt: Uint8Array
}

/** Bytes of a salt. */
export const SALT_BYTES = 16

const BLOCK_SIZE = 8
const PARALLELISM = 1
const MEMORY_OVERHEAD_BYTES = 1_048_576

/**
 * The key of a passphrase: scrypt (RFC 7914) with r = 8, p = 1 over the passphrase in Unicode NFKC, so that the same
 * characters give the same key on every keyboard. Takes 1,024 * N bytes of memory.
 *
 * @throws KeyFileMalformedError if the cost is over the limit; InvalidValueError if the passphrase is empty or too long.
 */
export async function passphraseKey(
  passphrase: string,
  { costLog2, salt }: PassphraseSalt,
): Promise<Uint8Array> {
  if (!Number.isInteger(costLog2) || costLog2 < 1 || costLog2 > SCRYPT_COST_LOG2_MAX) {
    throw new KeyFileMalformedError(`its cost must be 1 to ${SCRYPT_COST_LOG2_MAX}`)
  }
  const bytes = utf8(passphrase.normalize('NFKC'))
  checkPassphrase(bytes, PASSPHRASE_BYTES_MAX)
  const N = 2 ** costLog2
  const maxmem = 128 * BLOCK_SIZE * (N + PARALLELISM) + MEMORY_OVERHEAD_BYTES
  return scryptAsync(bytes, salt, { N, r: BLOCK_SIZE, p: PARALLELISM, dkLen: 32, maxmem })
}
