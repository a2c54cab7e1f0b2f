import { CleanupStack, sessionId } from '@shardline/core'
import { createHead } from '@shardline/engine'
import { loadShard } from '@shardline/model'
import type { Checkpoint, EmbeddingTable } from '@shardline/model'
import type { StageChain } from './stage-chain.ts'

/** The model's own guess of what comes next, as any owner of its weights has it. */
export interface LikelyTokens extends AsyncDisposable {
  /** All ids, the likeliest behind `prefix` first. Each prefix goes on from the one before, or is a new text. */
  after(prefix: readonly number[]): Promise<readonly number[]>
}

const SESSION = sessionId('likely')

/** Loads the head behind a chain. `tokensMax` is the longest prefix. */
export async function openLikelyTokens(
  init: { readonly checkpoint: Checkpoint; readonly embeddings: EmbeddingTable; readonly chain: StageChain },
  options: { readonly cacheFolder: string; readonly tokensMax: number },
): Promise<LikelyTokens> {
  const { checkpoint, embeddings, chain } = init
  const shard = await loadShard(checkpoint, { hasHead: true }, options)
  await using starting = new CleanupStack()
  const head = await createHead({ shard, isSpinning: false })
  starting.add(async () => head[Symbol.asyncDispose]())
  chain.open(SESSION, options.tokensMax)
  starting.add(async () => chain.close(SESSION))
  const cleanup = starting.release()
  let held: readonly number[] = []
  return {
    after: async (prefix) => {
      const isLonger = prefix.length > held.length && held.every((id, i) => id === prefix[i])
      const position = isLonger ? held.length : 0
      const rows = prefix.slice(position)
      const segments = [{ session: SESSION, position, rows: rows.length }]
      const states = await chain.run(segments, await embeddings.rows(rows), chain.cuts.at(-1) ?? 0)
      held = prefix
      const last = states.at(-1)?.slice(-embeddings.hiddenSize) ?? new Float32Array(0)
      const logits = await head.logits(last, 1)
      return [...logits.keys()].toSorted((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
    },
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

/** The ids of several orders in turns, each id once. */
export function interleave(...orders: readonly (readonly number[])[]): readonly number[] {
  const length = Math.max(0, ...orders.map((order) => order.length))
  const ids = new Set<number>()
  for (let place = 0; place < length; place++) {
    for (const order of orders) {
      const id = order[place]
      if (id !== undefined) ids.add(id)
    }
  }
  return [...ids]
}
