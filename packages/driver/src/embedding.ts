import type { Clock, Milliseconds } from '@shardline/core'
import type { EmbeddingTable } from '@shardline/model'
import type { Round } from './scheduler.ts'

/** Hidden states that enter the first stage. */
export interface EmbeddedRound {
  /** f32 `[round.rows, hiddenSize]`, segments in order. */
  readonly payload: Float32Array
  readonly embedMs: Milliseconds
}

const NOTHING = new Float32Array(0)

/**
 * Looks up the embedding rows of a round.
 *
 * @throws what the table throws.
 */
export async function embedRound(
  components: { readonly embeddings: EmbeddingTable; readonly clock: Clock },
  round: Round,
): Promise<EmbeddedRound> {
  if (round.rows === 0) return { payload: NOTHING, embedMs: 0 }
  const startedMs = components.clock.monotonic()
  const [first] = round.segments
  const ids =
    round.segments.length === 1 && first !== undefined
      ? first.ids
      : round.segments.flatMap((part) => part.ids)
  const payload = await components.embeddings.rows(ids)
  return { payload, embedMs: components.clock.monotonic() - startedMs }
}
