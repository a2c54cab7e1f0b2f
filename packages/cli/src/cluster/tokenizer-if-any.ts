import type { Checkpoint, Tokenizer } from '@shardline/model'
import { TokenizerMissingError } from '@shardline/model'

/** The checkpoint's tokenizer, or undefined if it has none. One that is there but can't be read still fails. */
export async function tokenizerIfAny(checkpoint: Checkpoint): Promise<Tokenizer | undefined> {
  try {
    return await checkpoint.tokenizer()
  } catch (cause) {
    if (cause instanceof TokenizerMissingError) return undefined
    throw cause
  }
}
