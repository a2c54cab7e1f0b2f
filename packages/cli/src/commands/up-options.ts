import type { PipelineOptions } from '../options/model-options.ts'
import type { SamplingFlags } from '../options/sampling-flags.ts'
import type { ServeOptions } from '../options/serve-options.ts'

/** Options of `shardline up`. */
export type UpOptions = PipelineOptions &
  SamplingFlags &
  ServeOptions & {
    readonly prompt: string | undefined
    readonly once: string | undefined
    readonly system: string | undefined
    readonly quiet: boolean | undefined
    /** Workers, and as many validators, that stand by. */
    readonly spares: number
    /** Port of a gateway in front of `serve`; undefined: there's none. */
    readonly gateway: number | undefined
    /** Whether a market is started too, and answers are asked through it and paid for. */
    readonly paid: boolean | undefined
  }
