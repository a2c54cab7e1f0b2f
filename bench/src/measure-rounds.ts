import type { StageTimes, Subject } from './subject/subject.ts'
import type { Metrics, StreamTimes } from './token-times.ts'
import type { Workload } from './workload.ts'

/** One measured run: what ends up in the results as raw data. */
export interface Sample {
  readonly model: string
  readonly subject: string
  readonly workload: string
  readonly round: number
  readonly metrics: Metrics
  readonly stages: readonly StageTimes[]
  readonly streams: readonly StreamTimes[]
}

/** Options of {@link measureRounds}. */
export interface MeasureRoundsInit {
  /** Name of the model, for the samples. */
  readonly model: string
  /** All with that model loaded. */
  readonly subjects: readonly Subject[]
  readonly workloads: readonly Workload[]
  readonly rounds: number
  /** Told what runs now. */
  readonly onStatus: (text: string) => void
}

/**
 * Measures all subjects with all workloads, `rounds` times.
 *
 * The runs of a round that will be compared follow each other directly, one at a time, and every other round takes the subjects in
 * reverse order: so neither drift of the machine nor being first favours anyone. Each subject runs each workload once before
 * the first round; those runs don't count.
 */
export async function measureRounds(init: MeasureRoundsInit): Promise<readonly Sample[]> {
  const { model, subjects, workloads, rounds, onStatus } = init
  const samples: Sample[] = []
  for (let round = 0; round <= rounds; round++) {
    onStatus(round === 0 ? `${model}: warming up` : `${model}: round ${round} of ${rounds}`)
    for (const workload of workloads) {
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const measurement = await subject.measure(workload, round)
        if (round === 0 || measurement === undefined) continue
        const { metrics, stages, streams } = measurement
        samples.push({
          model,
          subject: subject.label,
          workload: workload.name,
          round,
          metrics,
          stages,
          streams,
        })
      }
    }
  }
  return samples
}
