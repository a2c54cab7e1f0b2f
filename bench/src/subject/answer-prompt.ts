import type { DriverHost } from '@shardline/cli'
import { formatLayerRange, InvalidValueError } from '@shardline/core'
import type { StageReport } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import type { PipelineUnderTest } from './pipeline-under-test.ts'
import type { StageTimes } from './subject.ts'

/** How the benchmark asks a driver: text in, a token at a time out, greedy. */
export function answerOf(host: DriverHost): PipelineUnderTest['answer'] {
  const { vocabularySize } = host.checkpoint.config
  const sampling = resolveSampling({ temperature: 0 }, { vocabularySize })
  return async ({ text, promptTokens, newTokens, onToken }) => {
    const promptTokenIds = host.tokenizer?.encode(text).slice(0, promptTokens) ?? []
    if (promptTokenIds.length < promptTokens) {
      throw new InvalidValueError(
        `the prompt has ${promptTokenIds.length} tokens; the workload needs ${promptTokens}, and a model with a tokenizer`,
      )
    }
    const running = host.pipeline.generate({
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
