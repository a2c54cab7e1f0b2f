import { sha3_256 } from '@noble/hashes/sha3.js'
import { concat, utf8 } from './bytes.ts'

/** What a {@link comparisonCommitment} binds to. Both are 32 bytes, and come from a {@link HistoryKey}. */
export interface ComparisonOpening {
  /** Hides the key. */
  readonly salt: Uint8Array
  /** The same for equal prompts. */
  readonly key: Uint8Array
}

/**
 * What binds a user to a prompt without telling it: SHA3-256(`shardline/prompt-commitment/v1` || salt || key), 32 bytes.
 * Two commitments to one key look unrelated until both are opened, so no node can tell a comparison from an ordinary
 * request.
 */
export function comparisonCommitment({ salt, key }: ComparisonOpening): Uint8Array {
  return sha3_256(concat(utf8('shardline/prompt-commitment/v1'), salt, key))
}
