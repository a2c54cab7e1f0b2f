import { assert } from '@shardline/core'
import type { SegmentUse, SessionStanding } from '@shardline/wire'
import type { ReplayBudget } from './replay-budget.ts'

/** Rows that were given out together. */
export interface RecordedRows {
  readonly turn: number
  readonly position: number
  readonly rows: number
  readonly use: SegmentUse
  /** f32 `[rows, hiddenSize]`, a copy of the record's own. */
  readonly hidden: Float32Array
}

/** From `position` on, rows are of this turn. */
interface TurnMark {
  readonly turn: number
  readonly position: number
}

/** Rows that were cut off behind are not the last ones of what was sampled. */
const useOfCut = (use: SegmentUse): SegmentUse => (use === 'sample' ? 'none' : use)

/**
 * What a stage gave out of one session, by position; rolling back cuts it. Turns grow with positions, because a roll back
 * cuts what is behind it: so `(turn, position)` orders the rows as they were given.
 */
export class SessionRecord {
  readonly #budget: ReplayBudget
  #pieces: RecordedRows[] = []
  #marks: TurnMark[] = []
  #end = 0

  constructor(budget: ReplayBudget) {
    this.#budget = budget
  }

  /** Position after the last row. */
  get end(): number {
    return this.#end
  }

  /** Position of the first row that is still here; `end` if none is. */
  get first(): number {
    return this.#pieces[0]?.position ?? this.#end
  }

  /** Takes rows in: at the end, or before it, which cuts what was there. */
  add(rows: RecordedRows): void {
    assert(rows.position <= this.#end, 'rows follow those before')
    this.#cut(rows.position)
    this.#pieces.push(rows)
    this.#end = rows.position + rows.rows
    if (this.#marks.at(-1)?.turn !== rows.turn) this.#marks.push({ turn: rows.turn, position: rows.position })
    this.#budget.add(this, rows.hidden.byteLength)
  }

  /** Forgets the rows, but not how far they went. */
  dropRows(): void {
    this.#pieces = []
  }

  /** Forgets the rows and gives their place back: they will not be asked for any more. */
  clear(): void {
    this.#pieces = []
    this.#budget.remove(this)
  }

  /**
   * First position that a receiver which stands at `standing` lacks; `end` or more if it lacks nothing. Rows of an earlier
   * turn than the receiver's were rolled back meanwhile, and it lacks none of them.
   */
  lackedFrom(standing: Pick<SessionStanding, 'turn' | 'length'> | undefined): number {
    if (standing === undefined) return 0
    const { turn, length } = standing
    const later = this.#marks.find((mark) => mark.turn > turn)?.position ?? this.#end
    const isSame = this.#marks.some((mark) => mark.turn === turn)
    return isSame ? Math.min(length, later) : later
  }

  /** Whether a receiver that stands there is ahead of all that is recorded. */
  isBehind({ turn, length }: Pick<SessionStanding, 'turn' | 'length'>): boolean {
    const own = this.#marks.at(-1)?.turn ?? -1
    return turn > own || (turn === own && length > this.#end)
  }

  /** Up to `rowsMax` rows from a position on, in at most `piecesMax` pieces; views of what is recorded. */
  rowsFrom(
    position: number,
    { rowsMax, piecesMax }: { readonly rowsMax: number; readonly piecesMax: number },
  ): readonly RecordedRows[] {
    const taken: RecordedRows[] = []
    let left = rowsMax
    for (let index = this.#indexOf(position); index < this.#pieces.length; index++) {
      const piece = this.#pieces[index]
      if (piece === undefined || left === 0 || taken.length === piecesMax) break
      const part = sliceOf(piece, { from: Math.max(position, piece.position), rowsMax: left })
      taken.push(part)
      left -= part.rows
    }
    return taken
  }

  /** Index of the piece that holds `position`. */
  #indexOf(position: number): number {
    let low = 0
    let high = this.#pieces.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const piece = this.#pieces[middle]
      if (piece !== undefined && piece.position + piece.rows <= position) low = middle + 1
      else high = middle
    }
    return low
  }

  #cut(position: number): void {
    let freedBytes = 0
    for (let last = this.#pieces.at(-1); last !== undefined; last = this.#pieces.at(-1)) {
      if (last.position + last.rows <= position) break
      this.#pieces.pop()
      freedBytes += last.hidden.byteLength
      if (last.position >= position) continue
      const kept = sliceOf(last, { from: last.position, rowsMax: position - last.position })
      const copy = { ...kept, hidden: kept.hidden.slice() }
      freedBytes -= copy.hidden.byteLength
      this.#pieces.push(copy)
      break
    }
    while ((this.#marks.at(-1)?.position ?? -1) >= position) this.#marks.pop()
    this.#end = Math.min(this.#end, position)
    if (freedBytes > 0) this.#budget.subtract(this, freedBytes)
  }
}

function sliceOf(
  piece: RecordedRows,
  { from, rowsMax }: { readonly from: number; readonly rowsMax: number },
): RecordedRows {
  const skipped = from - piece.position
  const rows = Math.min(rowsMax, piece.rows - skipped)
  if (rows === piece.rows) return piece
  const width = piece.hidden.length / piece.rows
  const isLast = skipped + rows === piece.rows
  return {
    turn: piece.turn,
    position: from,
    rows,
    use: isLast ? piece.use : useOfCut(piece.use),
    hidden: piece.hidden.subarray(skipped * width, (skipped + rows) * width),
  }
}
