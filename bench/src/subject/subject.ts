import type { Metrics, StreamTimes } from '../token-times.ts'
import type { Workload } from '../workload.ts'

/** Compute and transport of one stage during a run. */
export interface StageTimes {
  /** Such as `worker 0-3`. */
  readonly stage: string
  /** Compute of the whole run in milliseconds. */
  readonly computeMs: number
  /** Median compute of one decode row. */
  readonly decodeComputeMs: number | undefined
  /** Median time from frame in to frame out, less compute. */
  readonly hopMs: number | undefined
}

/** What one run of a workload showed. */
export interface Measurement {
  readonly metrics: Metrics
  /** Empty if the subject only reports rates. */
  readonly streams: readonly StreamTimes[]
  /** Empty for subjects without stages. */
  readonly stages: readonly StageTimes[]
}

/** One thing that is measured: a program with a model loaded, ready to work. It must cost nothing while others run. */
export interface Subject extends AsyncDisposable {
  /** Short and unique in its report, such as `1 process`. */
  readonly label: string
  /** Exactly what it is: versions, build, threads. */
  readonly description: Readonly<Record<string, string>>
  /**
   * Runs the workload once; undefined if it can't.
   *
   * @param variant distinguishes the prompts of this run from those of earlier ones.
   */
  measure(workload: Workload, variant: number): Promise<Measurement | undefined>
}
