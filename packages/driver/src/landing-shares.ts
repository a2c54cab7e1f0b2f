import type { Milliseconds } from '@shardline/core'
import type { TraceEntry } from '@shardline/wire'
import type { StatisticsPart } from './answer-statistics.ts'
import type { Landing } from './flight-ledger.ts'

interface Share {
  rows: number
  headRows: number
  embedMs: number
  stepMs: Milliseconds | undefined
  /** When the first of the rows were sent. */
  sentMs: Milliseconds
}

/** Divides what one message of the validator brought among the sessions in it. */
export class LandingShares {
  readonly #shares = new Map<string, Share>()
  readonly #whole: Share = { rows: 0, headRows: 0, embedMs: 0, stepMs: undefined, sentMs: Infinity }

  constructor(landings: readonly Landing[], nowMs: Milliseconds) {
    for (const { flight, rows } of landings) {
      const share = this.#shareOf(flight.session)
      // The head runs on the last row of what is sampled, on every row that is scored, and on no other.
      const headRows = flight.use === 'score' ? rows : flight.use === 'sample' ? 1 : 0
      const stepMs = flight.isDecode ? nowMs - flight.sentAtMs : undefined
      for (const sums of [share, this.#whole]) {
        sums.rows += rows
        sums.headRows += headRows
        sums.embedMs += flight.embedMs
        sums.stepMs ??= stepMs
        sums.sentMs = Math.min(sums.sentMs, flight.sentAtMs)
      }
    }
  }

  /** What belongs to each session. */
  bySession(trace: readonly TraceEntry[]): readonly (readonly [string, StatisticsPart])[] {
    return [...this.#shares].map(([session, share]) => [session, this.#part(share, trace)] as const)
  }

  /** What belongs to all of them together. */
  whole(trace: readonly TraceEntry[]): StatisticsPart {
    return this.#part(this.#whole, trace)
  }

  #part(share: Share, trace: readonly TraceEntry[]): StatisticsPart {
    return { trace, ...share, rowsTotal: this.#whole.rows, headRowsTotal: this.#whole.headRows }
  }

  #shareOf(session: string): Share {
    const known = this.#shares.get(session)
    if (known !== undefined) return known
    const share: Share = { rows: 0, headRows: 0, embedMs: 0, stepMs: undefined, sentMs: Infinity }
    this.#shares.set(session, share)
    return share
  }
}
