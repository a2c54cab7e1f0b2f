import { requireLength, utf8 } from '../bytes.ts'
import { deriveKey } from '../derive-key.ts'
import { SEED_BYTES } from '../identity.ts'
import { encryptionKeyOf } from './encryption-key.ts'
import type { EncryptionKeyPair } from './encryption-key.ts'

/**
 * Makes the one-time keys of a user's requests, and what comparisons commit to, so that the user can read its own prompts and answers again with
 * nothing but the seed of its identity. It can't sign, and the seed can't be found from it.
 */
export interface HistoryKey {
  /** The key that the answer to a request is sealed to. */
  responseKey(requestId: string): Promise<EncryptionKeyPair>
  /** The key that a prompt is sealed from. A nonce makes it different each time that the same request is sealed. */
  senderKey(requestId: string, nonce: Uint8Array): Promise<EncryptionKeyPair>
  /** 32 bytes that are the same for equal prompts of this user. They tell nobody anything about the prompt. */
  comparisonKey(prompt: Uint8Array): Uint8Array
  /** 32 bytes that hide which comparison key a request is committed to. */
  comparisonSalt(requestId: string): Uint8Array
}

/**
 * The history key of a user's seed.
 *
 * @throws InvalidValueError if the seed isn't 32 bytes long.
 */
export function historyKeyFromSeed(seed: Uint8Array): HistoryKey {
  requireLength('a seed', seed, SEED_BYTES)
  const secret = deriveKey(seed, 'history')
  return Object.freeze({
    responseKey: (requestId: string) =>
      encryptionKeyOf(deriveKey(secret, 'answer-response', utf8(requestId))),
    senderKey: (requestId: string, nonce: Uint8Array) =>
      encryptionKeyOf(deriveKey(secret, 'prompt-sender', utf8(requestId), nonce)),
    comparisonKey: (prompt: Uint8Array) => deriveKey(secret, 'comparison-key', prompt),
    comparisonSalt: (requestId: string) => deriveKey(secret, 'comparison-salt', utf8(requestId)),
  })
}
