import type { Milliseconds } from '@shardline/core'
import type { BenchOptions } from './bench-options.ts'
import type { StartPipeline } from './subject/pipeline-under-test.ts'

/** What a benchmark is given to work with. */
export interface BenchContext {
  readonly options: BenchOptions
  /** The folder `bench` of the repository. */
  readonly benchFolder: string
  readonly startPipeline: StartPipeline
  readonly now: () => Milliseconds
  /** Told what is going on. */
  readonly onStatus: (text: string) => void
}
