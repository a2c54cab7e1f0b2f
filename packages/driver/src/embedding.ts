import type { Clock, Milliseconds, ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { EmbeddingTable } from '@shardline/model'
import type { Round, RoundSegment } from './scheduler.ts'

/** Hidden states that enter the first stage. */
export interface EmbeddedRound {
  /** The round without segments whose rows could not be had. */
  readonly round: Round
  /** f32 `[round.rows, hiddenSize]`, segments in order. */
  readonly payload: Float32Array
  readonly embedMs: Milliseconds
  readonly failed: readonly { readonly segment: RoundSegment; readonly error: ShardlineError }[]
}

/** What {@link embedRound} works with. */
export interface EmbeddingComponents {
  readonly embeddings: EmbeddingTable
  readonly clock: Clock
}

const NOTHING = new Float32Array(0)

/** Looks up the embedding rows of a round in one go. If that fails, each session alone, so that only the guilty one fails. */
export async function embedRound(components: EmbeddingComponents, round: Round): Promise<EmbeddedRound> {
  if (round.rows === 0) return { round, payload: NOTHING, embedMs: 0, failed: [] }
  const startedMs = components.clock.monotonic()
  const [first] = round.segments
  const isSingle = round.segments.length === 1 && first !== undefined
  const ids = isSingle ? first.ids : round.segments.flatMap((segment) => segment.ids)
  try {
    const payload = await components.embeddings.rows(ids)
    return { round, payload, embedMs: components.clock.monotonic() - startedMs, failed: [] }
  } catch {
    return embedOneByOne(components, round, startedMs)
  }
}

async function embedOneByOne(
  components: EmbeddingComponents,
  round: Round,
  startedMs: Milliseconds,
): Promise<EmbeddedRound> {
  const segments: RoundSegment[] = []
  const failed: { segment: RoundSegment; error: ShardlineError }[] = []
  const pieces: Float32Array[] = []
  for (const segment of round.segments) {
    try {
      pieces.push(await components.embeddings.rows(segment.ids))
      segments.push(segment)
    } catch (cause) {
      failed.push({ segment, error: fromUnknown(cause) })
    }
  }
  const payload = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    payload.set(piece, offset)
    offset += piece.length
  }
  const rows = segments.reduce((sum, segment) => sum + segment.ids.length, 0)
  return {
    round: { ...round, segments, rows },
    payload,
    embedMs: components.clock.monotonic() - startedMs,
    failed,
  }
}
