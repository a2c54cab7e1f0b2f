import { readFileSync } from 'node:fs'
import { startLocalCluster } from '@shardline/cli'
import { resolveSampling } from '@shardline/engine'
import t from 'tap'
import { sharedCacheFolder, skipWithoutModels, testModel } from './support/test-models.ts'

const MIB = 1024 ** 2
/** What a process may hold beside its weights and caches: Node, the runtime's library, run buffers. */
const BASE_BYTES = 150 * MIB
/** What comes on top in a test: the loader that runs these sources instead of a build, with all modules that it compiles. */
const TEST_BYTES = 100 * MIB
const STREAMS = 8
const PROMPT_TOKENS = 100
const ANSWER_TOKENS = 20
/** Caches double from 128 tokens on. */
const CACHE_TOKENS = 128

/** The most memory that a process has held, in bytes. */
function peakBytes(pid: number): number {
  const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1]) * 1024
}

const skip = process.platform === 'linux' ? skipWithoutModels : 'peak memory is read from /proc'

t.test(
  'a worker holds its weights once, its caches and little more; a driver holds no model',
  { skip },
  async (t) => {
    await using cluster = await startLocalCluster({
      model: testModel('smollm2-135m-instruct'),
      workers: 2,
      cacheFolder: sharedCacheFolder(),
      contextLength: 2048,
    })
    const { config } = cluster.checkpoint
    const sampling = resolveSampling({}, { vocabularySize: config.vocabularySize })
    const results = Array.from({ length: STREAMS }, async (_, stream) => {
      const promptTokenIds = Array.from(
        { length: PROMPT_TOKENS },
        (_, i) => (31 * i + stream) % config.vocabularySize,
      )
      const answer = cluster.pipeline.generate({
        promptTokenIds,
        maxTokens: ANSWER_TOKENS,
        sampling,
        stopStrings: [],
        isDigestWanted: false,
        signal: undefined,
      })
      return answer.result
    })
    await Promise.all(results)
    for (const stage of cluster.pipeline.stages) {
      if (stage.role !== 'worker') continue
      const { pid } = cluster.processes.find((process) => process.address === stage.address) ?? { pid: 0 }
      // One cache more: the one that idle branches write to.
      const cacheTokens = (STREAMS + 1) * CACHE_TOKENS
      const cacheBytes =
        (stage.layers?.count ?? 0) * 2 * config.kvHeadCount * config.headSize * 4 * cacheTokens
      const allowed = 1.25 * stage.packedBytes + cacheBytes + BASE_BYTES + TEST_BYTES
      const peak = peakBytes(pid)
      t.ok(peak <= allowed, `${stage.node}: ${Math.round(peak / MIB)} MiB of ${Math.round(allowed / MIB)}`)
    }
  },
)
