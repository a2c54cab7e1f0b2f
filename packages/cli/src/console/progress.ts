import type { Clock, Milliseconds } from '@shardline/core'
import { formatBytes, formatCount } from './format.ts'
import type { Terminal } from './terminal.ts'

/** How far something is. */
export interface ProgressStep {
  readonly what: string
  readonly doneBytes: number
  readonly totalBytes: number
}

/** How far work is that is counted in pieces. */
export interface CountStep {
  readonly what: string
  readonly done: number
  readonly total: number
}

/** Options of a {@link Progress}. */
export interface ProgressInit {
  readonly terminal: Terminal
  readonly clock: Clock
  /** Whether anything is shown; false with `--json` and `--quiet`. */
  readonly isShown: boolean
}

const REDRAW_MS_MIN = 80
const LINE_MS_MIN = 3_000
const BAR_WIDTH = 24
const WHAT_WIDTH = 34

/** Shows how far long work is: a bar that is redrawn on a terminal, an occasional line elsewhere. */
export class Progress {
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #isShown: boolean
  #lastMs: Milliseconds | undefined
  #isBarDrawn = false

  constructor(init: ProgressInit) {
    this.#terminal = init.terminal
    this.#clock = init.clock
    this.#isShown = init.isShown
  }

  /** Takes a step. Steps that come faster than they can be read are dropped. */
  readonly report = (step: ProgressStep): void => {
    this.#take({ what: step.what, done: step.doneBytes, total: step.totalBytes }, formatBytes)
  }

  /** The same for work that isn't counted in bytes. */
  readonly reportCount = (step: CountStep): void => {
    this.#take(step, formatCount)
  }

  /** Takes the bar away. */
  clear(): void {
    if (!this.#isBarDrawn) return
    this.#terminal.note('\r\u001b[K')
    this.#isBarDrawn = false
  }

  #take(step: CountStep, format: (amount: number) => string): void {
    if (!this.#isShown) return
    const nowMs = this.#clock.monotonic()
    const waitMs = this.#terminal.canRedraw ? REDRAW_MS_MIN : LINE_MS_MIN
    // Short work finishes before the first line is due, so that a warm start stays silent.
    this.#lastMs ??= this.#terminal.canRedraw ? nowMs - waitMs : nowMs
    if (nowMs - this.#lastMs < waitMs) return
    this.#lastMs = nowMs
    this.#draw(step, format)
  }

  #draw(step: CountStep, format: (amount: number) => string): void {
    const share = step.total > 0 ? Math.min(1, step.done / step.total) : 0
    const percent = `${Math.floor(share * 100)} %`.padStart(5)
    const amount = step.total > 0 ? `${percent}  ${format(step.done)} of ${format(step.total)}` : ''
    if (!this.#terminal.canRedraw) {
      this.#terminal.note(`${step.what}${amount === '' ? '' : `: ${amount.trim()}`}\n`)
      return
    }
    const full = Math.round(share * BAR_WIDTH)
    const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full)
    const what =
      step.what.length > WHAT_WIDTH ? `${step.what.slice(0, WHAT_WIDTH - 1)}…` : step.what.padEnd(WHAT_WIDTH)
    this.#terminal.note(`\r\u001b[K${what} ${bar} ${amount}`)
    this.#isBarDrawn = true
  }
}
