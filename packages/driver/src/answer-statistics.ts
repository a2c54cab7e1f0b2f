import type { LayerRange, Milliseconds } from '@shardline/core'
import type { TraceEntry } from '@shardline/wire'
import type { StageReport } from './driver-types.ts'
import { DECODE_SAMPLES_MAX } from './limits.ts'

/** What is fixed of a stage's report. */
export type StageFacts = Omit<StageReport, 'computeMs' | 'rows' | 'decodeComputeMs' | 'hopMs'>

/** What one message of the validator means for one answer. */
export interface StatisticsPart {
  readonly trace: readonly TraceEntry[]
  /** The answer's rows, and all rows, that came through with this message. */
  readonly rows: number
  readonly rowsTotal: number
  /** The same for the rows that the validator's head computed. */
  readonly headRows: number
  readonly headRowsTotal: number
  /** Driver's time for looking up the answer's rows. */
  readonly embedMs: Milliseconds
  /** From frame out to answer in, if this was a decode step of the answer. */
  readonly stepMs: Milliseconds | undefined
  /** When the first of the answer's rows were sent. */
  readonly sentMs: Milliseconds
}

/** The latest numbers of a series, for its median. */
class Samples {
  readonly #values: number[] = []
  #next = 0

  add(value: number): void {
    this.#values[this.#next] = value
    this.#next = (this.#next + 1) % DECODE_SAMPLES_MAX
  }

  clear(): void {
    this.#values.length = 0
    this.#next = 0
  }

  /** Undefined if there are none; the mean of the middle two if their count is even. */
  median(): number | undefined {
    const sorted = this.#values.toSorted((a, b) => a - b)
    const half = sorted.length / 2
    const low = sorted[Math.ceil(half) - 1]
    const high = sorted[Math.floor(half)]
    return low === undefined || high === undefined ? undefined : (low + high) / 2
  }
}

interface StageSums {
  computeMs: number
  rows: number
  readonly decodeMs: Samples
  readonly hopMs: Samples
}

/**
 * Sums what the stages say about their runs into reports.
 *
 * - `computeMs`, `rows`: a run is shared by the sessions in it, so an answer gets the share of its rows.
 * - `decodeComputeMs`: median over decode steps of a stage's compute divided by the rows of its run.
 * - `hopMs` of a stage: median over decode steps of the time from frame in to frame out less compute.
 * - `hopMs` of the driver: median over decode steps of
 *   `(time from frame out to token in - sum over the stages of (queue + compute)) / links crossed`,
 *   where n workers mean n + 2 links: driver to worker 1, n - 1 between workers, to the validator, back to the driver.
 *   Steps in which a stage merged frames are left out, because then the sum isn't this frame's.
 */
export class AnswerStatistics {
  #facts: readonly StageFacts[] = []
  readonly #sums = new Map<string, StageSums>()
  readonly #steps = new Samples()

  /** @param facts driver, workers in order of their layers, validator. */
  constructor(facts: readonly StageFacts[]) {
    this.restage(facts)
  }

  /** Other stages from here on; those that stay keep their sums. */
  restage(facts: readonly StageFacts[]): void {
    this.#facts = facts
    for (const stage of facts) {
      const key = keyOf(stage)
      if (this.#sums.has(key)) continue
      this.#sums.set(key, { computeMs: 0, rows: 0, decodeMs: new Samples(), hopMs: new Samples() })
    }
  }

  /** The stages that are reported. */
  get facts(): readonly StageFacts[] {
    return this.#facts
  }

  /** Whether these are the stages that are reported. */
  isOf(facts: readonly StageFacts[]): boolean {
    const isSame = (stage: StageFacts, other: StageFacts | undefined): boolean =>
      other !== undefined && keyOf(stage) === keyOf(other) && stage.address === other.address
    return (
      facts.length === this.#facts.length && facts.every((stage, index) => isSame(stage, this.#facts[index]))
    )
  }

  /** Begins anew: nothing happened yet. */
  clear(): void {
    this.#sums.clear()
    this.#steps.clear()
    this.restage(this.#facts)
  }

  /** Median of the latest decode steps in milliseconds, from frame out to token in; undefined before the first. */
  get stepMs(): Milliseconds | undefined {
    return this.#steps.median()
  }

  /** Adds what came with one message. */
  record(part: StatisticsPart): void {
    if (part.stepMs !== undefined) this.#steps.add(part.stepMs)
    const rowShare = part.rowsTotal === 0 ? 0 : part.rows / part.rowsTotal
    const headShare = part.headRowsTotal === 0 ? rowShare : part.headRows / part.headRowsTotal
    for (const entry of part.trace) {
      const role = entry.layers === null ? 'validator' : 'worker'
      const sums = this.#sums.get(keyOf({ role, node: entry.node, layers: entry.layers ?? undefined }))
      if (sums === undefined) continue
      const share = entry.layers === null ? headShare : rowShare
      sums.computeMs += entry.computeMs * share
      sums.rows += entry.rows * rowShare
      if (part.stepMs === undefined) continue
      sums.decodeMs.add(entry.computeMs / Math.max(1, entry.rows))
      sums.hopMs.add(entry.totalMs - entry.computeMs)
    }
    const driver = this.#facts[0] === undefined ? undefined : this.#sums.get(keyOf(this.#facts[0]))
    if (driver === undefined) return
    driver.computeMs += part.embedMs
    driver.rows += part.rows
    if (part.stepMs === undefined) return
    driver.decodeMs.add(part.embedMs)
    const stages = this.#facts.length - 1
    if (part.trace.length !== stages) return
    const atStagesMs = part.trace.reduce((sum, entry) => sum + entry.queueMs + entry.computeMs, 0)
    driver.hopMs.add(Math.max(0, part.stepMs - atStagesMs) / (stages + 1))
  }

  /** The reports so far, driver first. */
  reports(): readonly StageReport[] {
    return this.#facts.map((facts) => {
      const sums = this.#sums.get(keyOf(facts))
      return {
        ...facts,
        computeMs: sums?.computeMs ?? 0,
        rows: Math.round(sums?.rows ?? 0),
        decodeComputeMs: sums?.decodeMs.median(),
        hopMs: sums?.hopMs.median(),
      }
    })
  }
}

/** One process may play several roles under one node id, so that the id alone doesn't name a stage. */
function keyOf(stage: {
  readonly role: string
  readonly node: string
  readonly layers: LayerRange | undefined
}): string {
  return `${stage.role} ${stage.layers?.first ?? ''} ${stage.node}`
}
