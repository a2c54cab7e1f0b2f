import { startLocalCluster } from '@shardline/cli'
import { formatLayerRange } from '@shardline/core'
import { answerOf } from './answer-prompt.ts'
import type { PipelineStart, PipelineUnderTest } from './pipeline-under-test.ts'

/** Starts a local cluster as the command does, and wraps it for the benchmark. */
export async function startCluster(init: PipelineStart): Promise<PipelineUnderTest> {
  const { model, workers, threads, precision, cacheFolder } = init
  const cluster = await startLocalCluster({ model, workers, threads, precision, cacheFolder })
  return {
    description: {
      program: 'Shardline',
      processes:
        workers === 0 ? '1' : `driver, ${workers} ${workers === 1 ? 'worker' : 'workers'}, validator`,
      threads: `${threads} per stage`,
      precision,
      'numeric class': distinct(cluster.pipeline.stages.map(({ numericClass }) => numericClass)),
      layers: cluster.pipeline.stages
        .flatMap(({ layers }) => (layers ? [formatLayerRange(layers)] : []))
        .join(', '),
    },
    answer: answerOf(cluster),
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}

/** Stages that only look rows up have no class. */
function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].filter((text) => text !== '').join(', ')
}
