import { sessionId } from '@shardline/core'
import { createHead, createStage } from '@shardline/engine'
import type { Head, Stage } from '@shardline/engine'
import { loadShard, openCheckpoint, openEmbeddingTable } from '@shardline/model'
import type { Checkpoint, EmbeddingTable, Precision } from '@shardline/model'
import { sharedCacheFolder } from './test-models.ts'

/** All of a model in this process, without roles and wire: what a split is compared with. */
export interface WholeModel extends AsyncDisposable {
  readonly checkpoint: Checkpoint
  readonly embedding: EmbeddingTable
  readonly stage: Stage
  readonly head: Head
  /** Logits after each of `ids`, `[ids.length, vocabulary]`, in one prefill. */
  logits(ids: readonly number[]): Promise<Float32Array>
  /** Continues greedily until a token of `stopIds` or `maxTokens`. */
  greedy(
    ids: readonly number[],
    options: { readonly maxTokens: number; readonly stopIds: readonly number[] },
  ): Promise<readonly number[]>
}

/** Opens a model whole. */
export async function openWholeModel(reference: string, precision: Precision): Promise<WholeModel> {
  const cacheFolder = sharedCacheFolder()
  const checkpoint = await openCheckpoint(reference, { cacheFolder })
  const layers = { first: 0, count: checkpoint.config.layerCount }
  const shard = await loadShard(checkpoint, { layers, hasHead: true }, { cacheFolder, precision })
  const embedding = await openEmbeddingTable(checkpoint)
  const stage = await createStage({ shard, layers })
  const head = await createHead({ shard })
  const capacity = checkpoint.config.contextLength
  const prefill = async (session: string, ids: readonly number[]): Promise<Float32Array> => {
    stage.open(sessionId(session), { capacity })
    const segments = [{ session: sessionId(session), position: 0, rows: ids.length }]
    return stage.run({ segments, hidden: await embedding.rows(ids) })
  }
  return {
    checkpoint,
    embedding,
    stage,
    head,
    logits: async (ids) => {
      const hidden = await prefill('logits', ids)
      stage.close(sessionId('logits'))
      return Float32Array.from(await head.logits(hidden, ids.length))
    },
    greedy: async (ids, { maxTokens, stopIds }) => {
      let hidden = (await prefill('greedy', ids)).slice(-stage.hiddenSize)
      const answer: number[] = []
      while (answer.length < maxTokens) {
        const id = bestId(await head.logits(hidden, 1))
        if (stopIds.includes(id)) break
        answer.push(id)
        const segments = [{ session: sessionId('greedy'), position: ids.length + answer.length - 1, rows: 1 }]
        hidden = (await stage.run({
          segments,
          hidden: await embedding.rows([id]),
        })) as Float32Array<ArrayBuffer>
      }
      stage.close(sessionId('greedy'))
      return answer
    },
    [Symbol.asyncDispose]: async () => {
      await stage[Symbol.asyncDispose]()
      await head[Symbol.asyncDispose]()
      await embedding[Symbol.asyncDispose]()
      await checkpoint[Symbol.asyncDispose]()
    },
  }
}

/** The id with the highest logit, the lowest one among equals. */
function bestId(logits: Float32Array): number {
  let best = 0
  for (let id = 1; id < logits.length; id++) if ((logits[id] ?? 0) > (logits[best] ?? 0)) best = id
  return best
}
