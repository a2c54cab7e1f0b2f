import type { Pipeline } from '../driver-types.ts'
import type { PipelineHost } from './pipeline-host.ts'
import type { TokenRate } from './token-rate.ts'

/** What a service does with one model. */
export interface ServedPipeline {
  /** Name that users ask for. */
  readonly model: string
  /** The latest, working or not: one that broke is formed anew in the background. Undefined before the first. */
  readonly pipeline: Pipeline | undefined
  readonly answersRunning: number
  /** Answers that wait for a place. */
  readonly answersWaiting: number
  readonly tokens: Pick<TokenRate, 'total' | 'perSecond'>
}

/** What a host serves now. */
export function servedPipeline({ model, latest, slots, throughput }: PipelineHost): ServedPipeline {
  return {
    model: model.name,
    pipeline: latest,
    answersRunning: slots.running,
    answersWaiting: slots.waiting,
    tokens: throughput.rate,
  }
}
