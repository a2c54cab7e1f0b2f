import type { Milliseconds, ShardlineError } from '@shardline/core'
import { FIRST_WINDOW_PREVIOUS } from '@shardline/identity'
import type { WireToken } from '@shardline/wire'
import type { AnswerStatistics, StageFacts } from '../answer-statistics.ts'
import type { AnswerTrace, StageEvent, TracedStep } from '../answer-tracer.ts'
import { RehearsalEndedError } from '../errors.ts'
import type { Turn, TurnResume } from '../turn.ts'

/** How far a {@link RehearsalTurn} goes. */
export interface RehearsalBounds {
  /** Decode steps at the most. */
  readonly stepsMax: number
  /** Decode steps at the least, however long they take. */
  readonly stepsMin: number
  /** Time after which no further step is taken, counted from the first answer. */
  readonly msMax: Milliseconds
}

/** An answer that nobody reads: made-up tokens through the formed pipeline, to see what each step takes. */
export class RehearsalTurn implements Turn {
  readonly context: readonly number[]
  readonly use = 'sample'
  readonly isPaused = false
  readonly isDigestWanted = false
  readonly isOwed = false
  readonly statistics: AnswerStatistics
  readonly trace: AnswerTrace
  /** Resolves with its decode steps in order; rejects by {@link fail}, and when a stage is lost. */
  readonly finished: Promise<readonly TracedStep[]>
  readonly #bounds: RehearsalBounds
  readonly #ids: number[] = []
  readonly #steps: TracedStep[] = []
  #startedMs: Milliseconds | undefined
  #isOver = false
  #settle:
    { resolve: (steps: readonly TracedStep[]) => void; reject: (error: ShardlineError) => void } | undefined

  constructor(
    init: { readonly context: readonly number[]; readonly statistics: AnswerStatistics },
    bounds: RehearsalBounds,
  ) {
    this.context = init.context
    this.statistics = init.statistics
    this.#bounds = bounds
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.finished.catch(() => undefined)
    this.trace = {
      step: (step) => this.#note(step),
      event: (event) => this.#onEvent(event),
      end: () => undefined,
    }
  }

  onToken(token: WireToken): boolean {
    if (this.#isOver) return false
    this.#ids.push(token.id)
    if (!this.#isEnough()) return true
    this.#isOver = true
    this.#settle?.resolve(this.#steps)
    return false
  }

  onScores(): boolean {
    return false
  }

  resume(): TurnResume {
    const position = this.context.length + this.#ids.length - 1
    return { tokenIds: this.#ids, position, windows: 0, previous: FIRST_WINDOW_PREVIOUS }
  }

  isKnown(position: number): boolean {
    return position >= this.context.length && position < this.context.length + this.#ids.length
  }

  recheck(): void {}

  restage(facts: readonly StageFacts[]): void {
    this.statistics.restage(facts)
  }

  fail(error: ShardlineError): void {
    this.#isOver = true
    this.#settle?.reject(error)
  }

  #note(step: TracedStep): void {
    this.#startedMs ??= step.landedMs
    if (step.isDecode) this.#steps.push(step)
  }

  #isEnough(): boolean {
    const { stepsMax, stepsMin, msMax } = this.#bounds
    const steps = this.#steps.length
    if (steps >= stepsMax) return true
    const latest = this.#steps.at(-1)
    if (latest === undefined || this.#startedMs === undefined || steps < stepsMin) return false
    return latest.landedMs - this.#startedMs >= msMax
  }

  /** What is measured is a pipeline that works: one that is repaired meanwhile isn't the one that was planned. */
  #onEvent(event: StageEvent): void {
    if (event.name !== 'stage-lost') return
    this.fail(new RehearsalEndedError(`${event.node ?? 'a stage'} was lost (${event.code})`))
  }
}
