import { blake2b } from '@noble/hashes/blake2.js'
import { concat, uint32, utf8 } from './bytes.ts'

/** Bytes of every derived key. */
export const DERIVED_KEY_BYTES = 32

/** What keys are derived for. Keys of different uses have nothing in common that could be seen. */
export type KeyUse =
  | 'answer'
  | 'answer-response'
  | 'challenge'
  | 'comparison-key'
  | 'comparison-salt'
  | 'history'
  | 'prompt'
  | 'prompt-sender'

/**
 * A key of 32 bytes from a secret of 32 bytes: BLAKE2b-256 (RFC 7693) keyed with the secret, over
 * `shardline:USE:1\n` and each context with its length before it.
 */
export function deriveKey(secret: Uint8Array, use: KeyUse, ...contexts: readonly Uint8Array[]): Uint8Array {
  const parts = contexts.flatMap((context) => [uint32(context.length), context])
  const input = concat(utf8(`shardline:${use}:1\n`), ...parts)
  return blake2b(input, { key: secret, dkLen: DERIVED_KEY_BYTES })
}
