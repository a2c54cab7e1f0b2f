import { sessionId } from '@shardline/core'
import type { EmbeddingTable } from '@shardline/model'
import type { Rows } from './dot-products.ts'
import type { StageChain } from './stage-chain.ts'

/** Rows that go through the stages in one run. */
const ROWS_AT_ONCE = 128

/** Hidden states of texts. */
export interface CollectedStates {
  /** Tokens of all texts behind each other. */
  readonly ids: readonly number[]
  /** For each cut of the chain the states of these tokens. */
  readonly byCut: readonly Rows[]
}

/** Runs each text through the whole chain from its first token on, and keeps what passes each cut. */
export async function collectStates(
  chain: StageChain,
  embeddings: EmbeddingTable,
  texts: readonly (readonly number[])[],
): Promise<CollectedStates> {
  const ids = texts.flat()
  const size = embeddings.hiddenSize
  const byCut = chain.cuts.map((): Rows => ({ size, values: new Float32Array(ids.length * size) }))
  const session = sessionId('text')
  let done = 0
  for (const text of texts) {
    chain.open(session, text.length)
    for (let position = 0; position < text.length; position += ROWS_AT_ONCE) {
      const some = text.slice(position, position + ROWS_AT_ONCE)
      const segments = [{ session, position, rows: some.length }]
      const states = await chain.run(segments, await embeddings.rows(some), chain.cuts.at(-1) ?? 0)
      for (const [cut, values] of states.entries()) byCut[cut]?.values.set(values, done * size)
      done += some.length
    }
    chain.close(session)
  }
  return { ids, byCut }
}
