import { SeededRandom } from '@shardline/core'
import { createHead, createStage } from '@shardline/engine'
import type { Stage } from '@shardline/engine'
import { loadShard, openCheckpoint, openEmbeddingTable } from '@shardline/model'
import type { PackedShard, Precision } from '@shardline/model'
import type { Test } from 'tap'
import { sharedCacheFolder } from '../support/test-models.ts'
import { countDifferences, cutLayers, runWhole } from './split-run.ts'
import type { Expected } from './split-run.ts'

/** Tokens that are decoded one by one behind each prompt. */
const DECODED_TOKENS = 5

/** What a matrix covers. */
export interface MatrixInit {
  readonly model: string
  readonly precision: Precision
  readonly stageCounts: readonly number[]
  /** Rows of one prefill run; 'all' is the whole prompt. */
  readonly chunks: readonly (number | 'all')[]
  readonly threads: readonly number[]
  /** Total lengths: prompt and decoded tokens. */
  readonly lengths: readonly number[]
  readonly seed: number
}

/** Checks every combination of a matrix; each stage count and thread count is one test. */
export async function checkMatrix(t: Test, init: MatrixInit): Promise<void> {
  const cacheFolder = sharedCacheFolder()
  await using checkpoint = await openCheckpoint(init.model, { cacheFolder })
  const { config } = checkpoint
  const layers = { first: 0, count: config.layerCount }
  const shard = await loadShard(
    checkpoint,
    { layers, hasHead: true },
    { cacheFolder, precision: init.precision },
  )
  await using embedding = await openEmbeddingTable(checkpoint)
  await using head = await createHead({ shard, threads: 2 })
  const random = new SeededRandom(init.seed)
  const inputs: Float32Array[] = []
  for (const length of init.lengths) {
    inputs.push(await embedding.rows(Array.from({ length }, () => random.integer(config.vocabularySize))))
  }
  const cuts = init.stageCounts.map((count) => cutLayers(config.layerCount, count))
  const borders = cuts.flat().map((range) => range.first + range.count)
  const expected = await runWhole({ shard, head, threads: 2 }, inputs, borders)
  for (const ranges of cuts) {
    for (const threads of init.threads) {
      await t.test(
        `${ranges.length} stages, ${threads} threads: every byte is the single process's`,
        async (t) => {
          await using stages = await openStages(shard, ranges, threads)
          for (const chunk of init.chunks) {
            const alone = await count({
              stages: stages.list,
              head,
              expected,
              chunk,
              isMixed: false,
              seed: init.seed,
            })
            t.equal(alone, 0, `prefill by ${chunk}, alone`)
            const mixed = await count({
              stages: stages.list,
              head,
              expected,
              chunk,
              isMixed: true,
              seed: init.seed,
            })
            t.equal(mixed, 0, `prefill by ${chunk}, mixed with sessions that come and go`)
          }
        },
      )
    }
  }
}

interface OpenStages extends AsyncDisposable {
  readonly list: readonly Stage[]
}

async function openStages(
  shard: PackedShard,
  ranges: readonly { readonly first: number; readonly count: number }[],
  threads: number,
): Promise<OpenStages> {
  const list: Stage[] = []
  for (const layers of ranges) list.push(await createStage({ shard, layers, threads }))
  return {
    list,
    [Symbol.asyncDispose]: async () => {
      for (const stage of list) await stage[Symbol.asyncDispose]()
    },
  }
}

/** In a mix, the sequences are cut differently from each other: each next one uses another chunk. */
function count(init: {
  readonly stages: readonly Stage[]
  readonly head: Parameters<typeof countDifferences>[0]['head']
  readonly expected: readonly Expected[]
  readonly chunk: number | 'all'
  readonly isMixed: boolean
  readonly seed: number
}): Promise<number> {
  const { stages, head, expected, chunk, isMixed, seed } = init
  const sequences = expected.map((one, i) => {
    const rows = one.input.length / head.hiddenSize
    const first = chunk === 'all' ? rows : chunk
    const others = [first, 1, 13, 64, rows]
    return {
      expected: one,
      chunkRows: isMixed ? (others[i % others.length] ?? first) : first,
      promptRows: rows - DECODED_TOKENS,
    }
  })
  return countDifferences({ stages, head, sequences, isMixed, seed })
}
