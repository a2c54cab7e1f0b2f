import { startLocalCluster } from '@shardline/cli'
import type { LocalCluster } from '@shardline/cli'
import { formatLayerRange, InvalidValueError } from '@shardline/core'
import type { StageReport } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import type { SamplingOptions } from '@shardline/engine'
import type { AnswerOrder, AnswerStages, PipelineStart, PipelineUnderTest } from './pipeline-under-test.ts'
import type { StageTimes } from './subject.ts'

/** Starts a local cluster as the command does, and wraps it for the benchmark. */
export async function startCluster(init: PipelineStart): Promise<PipelineUnderTest> {
  const { model, workers, threads, precision, cacheFolder } = init
  const cluster = await startLocalCluster({ model, workers, threads, precision, cacheFolder })
  const sampling = resolveSampling(
    { temperature: 0 },
    { vocabularySize: cluster.checkpoint.config.vocabularySize },
  )
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
    answer: (order) => answer(cluster, sampling, order),
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}

/** Stages that only look rows up have no class. */
function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].filter((text) => text !== '').join(', ')
}

async function answer(
  cluster: LocalCluster,
  sampling: SamplingOptions,
  order: AnswerOrder,
): Promise<AnswerStages> {
  const { text, promptTokens, newTokens, onToken } = order
  const promptTokenIds = cluster.tokenizer?.encode(text).slice(0, promptTokens) ?? []
  if (promptTokenIds.length < promptTokens) {
    throw new InvalidValueError(
      `the prompt has ${promptTokenIds.length} tokens; the workload needs ${promptTokens}, and a model with a tokenizer`,
    )
  }
  const running = cluster.pipeline.generate({
    promptTokenIds,
    maxTokens: newTokens,
    sampling,
    stopStrings: [],
    isDigestWanted: false,
    signal: undefined,
  })
  for await (const { token } of running) if (token !== undefined) onToken()
  const { stages } = await running.result
  return { stages: stages.map(describeStage) }
}

function describeStage(stage: StageReport): StageTimes {
  const { role, layers, computeMs, decodeComputeMs, hopMs } = stage
  return {
    stage: layers === undefined ? role : `${role} ${formatLayerRange(layers)}`,
    computeMs,
    decodeComputeMs,
    hopMs,
  }
}
