import type { TInteger, TObject, TString } from '@sinclair/typebox'
import { counter, id, position, record } from './parts.ts'

/** How far a stage has come with one session: rows that went through it, not those that wait. */
export interface SessionStanding {
  readonly session: string
  /** Turn of the last row that went through; see HiddenSegment. */
  readonly turn: number
  /** Position after the last row that went through. */
  readonly length: number
}

/** Schema of {@link SessionStanding}. */
export const sessionStandingSchema: TObject<{ session: TString; turn: TInteger; length: TInteger }> = record({
  session: id,
  turn: counter,
  length: position,
})
