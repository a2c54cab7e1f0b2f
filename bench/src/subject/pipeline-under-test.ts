import type { Clock } from '@shardline/core'
import { systemClock } from '@shardline/core'
import type { Precision } from '@shardline/model'
import { checkComplete, metricsOf } from '../token-times.ts'
import type { StreamTimes } from '../token-times.ts'
import { promptText } from '../workload.ts'
import type { Workload } from '../workload.ts'
import type { Measurement, StageTimes, Subject } from './subject.ts'

/** What a pipeline of ours is started with. */
export interface PipelineStart {
  /** Folder or file of the model. */
  readonly model: string
  /** Worker processes beside those of driver and validator; 0 runs the whole pipeline in one process. */
  readonly workers: number
  readonly threads: number
  readonly precision: Precision
  /** Where packed weights are kept. */
  readonly cacheFolder: string
}

/** One prompt and how long its answer may be. */
export interface AnswerOrder {
  /** Tokenized as part of the measured time, then cut to `promptTokens`. */
  readonly text: string
  readonly promptTokens: number
  readonly newTokens: number
  /** Called when a token has arrived, with its text made. */
  readonly onToken: () => void
}

/** What is known of the stages after an answer. */
export interface AnswerStages {
  readonly stages: readonly StageTimes[]
}

/** A pipeline of ours as the benchmark sees it: the whole way from text to text, greedy, never ended by a stop token. */
export interface PipelineUnderTest extends AsyncDisposable {
  readonly description: Readonly<Record<string, string>>
  /** Answers one prompt; several may run at once. */
  answer(order: AnswerOrder): Promise<AnswerStages>
}

/** Starts a pipeline and resolves when its model is loaded. */
export type StartPipeline = (init: PipelineStart) => Promise<PipelineUnderTest>

/** Options of {@link pipelineSubject}. */
export interface PipelineSubjectInit {
  readonly label: string
  readonly pipeline: PipelineUnderTest
  /** @default the system clock */
  readonly clock?: Clock
}

/** Makes a pipeline of ours a subject; it owns the pipeline. */
export function pipelineSubject(init: PipelineSubjectInit): Subject {
  const { label, pipeline, clock = systemClock } = init
  return {
    label,
    description: pipeline.description,
    measure: (workload, variant) => measurePipeline(pipeline, { workload, variant, clock }),
    [Symbol.asyncDispose]: () => pipeline[Symbol.asyncDispose](),
  }
}

interface MeasureInit {
  readonly workload: Workload
  readonly variant: number
  readonly clock: Clock
}

async function measurePipeline(pipeline: PipelineUnderTest, init: MeasureInit): Promise<Measurement> {
  const { workload, variant, clock } = init
  const { promptTokens, newTokens } = workload
  const texts = Array.from({ length: workload.streams }, (_, i) =>
    promptText(variant * workload.streams + i, promptTokens),
  )
  const startMs = clock.monotonic()
  const answers = await Promise.all(
    texts.map(async (text) => {
      const tokenMs: number[] = []
      const onToken = (): void => void tokenMs.push(clock.monotonic() - startMs)
      const { stages } = await pipeline.answer({ text, promptTokens, newTokens, onToken })
      return { tokenMs, stages }
    }),
  )
  const streams: readonly StreamTimes[] = answers.map(({ tokenMs }) => ({ tokenMs }))
  checkComplete(workload, streams)
  return { metrics: metricsOf(workload, streams), streams, stages: answers[0]?.stages ?? [] }
}
