import type { Milliseconds } from '@shardline/core'
import type { TraceEntry } from '@shardline/wire'

/** What is known of an answer when it begins: ids and counts, never content. */
export interface TracedAnswer {
  readonly pipeline: string
  /** The request that it answers; undefined if its tokens aren't signed. */
  readonly ask: string | undefined
  /** Which of the request's choices. */
  readonly choice: number | undefined
  readonly promptTokens: number
  /** When it was asked for, by the driver's monotonic clock. */
  readonly startedMs: Milliseconds
}

/** One trip of an answer's rows through the stages: a decode step, or a piece of the prompt. */
export interface TracedStep {
  /** Frame out and answer in, by the driver's monotonic clock. */
  readonly sentMs: Milliseconds
  readonly landedMs: Milliseconds
  readonly isDecode: boolean
  /** The answer's rows, and all rows that came through with them. */
  readonly rows: number
  readonly rowsTotal: number
  /** What the stages did, in order; their clocks are their own, so these are durations. */
  readonly stages: readonly TraceEntry[]
}

/** What happened to the stages while an answer ran. */
export type StageEvent =
  | {
      readonly name: 'stage-lost'
      readonly kind: string
      readonly code: string
      readonly node: string | undefined
    }
  | { readonly name: 'stages-replaced'; readonly nodes: readonly string[] }

/** How an answer ended. */
export type TracedEnd =
  | { readonly finishReason: string; readonly tokens: number; readonly reusedTokens: number }
  | { readonly code: string }

/** Follows one answer. Must not throw. */
export interface AnswerTrace {
  /** Rows of the answer came through. */
  step(step: TracedStep): void
  event(event: StageEvent): void
  /** Called once, at its end. */
  end(end: TracedEnd): void
}

/** Follows answers, one by one, for whoever wants to see where their time goes. None is given unless somebody does. */
export interface AnswerTracer {
  begin(answer: TracedAnswer): AnswerTrace
}
