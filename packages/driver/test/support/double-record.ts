import type { HiddenSegment, SessionStanding } from '@shardline/wire'
import { TOY_HIDDEN } from './toy-model.ts'

/** Rows of one session that were sent or are to be sent together. */
export interface SegmentRows {
  readonly segment: HiddenSegment
  readonly hidden: Float32Array
}

/** What a stage double gave out, so that it can send again what a next one lacks. */
export class DoubleRecord {
  readonly #sent = new Map<string, SegmentRows[]>()
  /** How the next stage stood when it was joined: what it has need not go out. */
  #standing: ReadonlyMap<string, SessionStanding> = new Map()

  /** Notes rows; what is noted from their position on is rolled back. */
  add(rows: SegmentRows): void {
    const { session, position } = rows.segment
    const before = (this.#sent.get(session) ?? []).flatMap((earlier) => cutBehind(earlier, position) ?? [])
    this.#sent.set(session, [...before, rows])
  }

  forget(session: string): void {
    this.#sent.delete(session)
  }

  /** The next stage says how it stands: what it lacks of all that was given out. */
  missing(sessions: readonly SessionStanding[]): readonly SegmentRows[] {
    this.#standing = new Map(sessions.map((standing) => [standing.session, standing]))
    return [...this.#sent.values()].flat().flatMap((rows) => this.lacking(rows) ?? [])
  }

  /** The part of these rows that the next stage lacks. */
  lacking(rows: SegmentRows): SegmentRows | undefined {
    const { segment, hidden } = rows
    const standing = this.#standing.get(segment.session)
    if (standing === undefined || segment.turn > standing.turn) return rows
    const known = Math.max(0, standing.length - segment.position)
    if (known === 0) return rows
    if (known >= segment.rows) return undefined
    const rest = { ...segment, position: segment.position + known, rows: segment.rows - known }
    return { segment: rest, hidden: hidden.subarray(known * TOY_HIDDEN) }
  }
}

function cutBehind({ segment, hidden }: SegmentRows, position: number): SegmentRows | undefined {
  const rows = Math.min(segment.rows, position - segment.position)
  if (rows <= 0) return undefined
  return { segment: { ...segment, rows }, hidden: hidden.subarray(0, rows * TOY_HIDDEN) }
}
