import type { SegmentUse } from '@shardline/wire'

/** Consecutive rows of a {@link SentRows}, given in one turn, of which the last may be sampled. */
export interface RowRun {
  readonly turn: number
  readonly position: number
  readonly ids: readonly number[]
  readonly use: SegmentUse
}

/** How far a stage has come with a session; the same fields as on the wire. */
export interface Standing {
  /** Turn of the last row that went through. */
  readonly turn: number
  /** Position after it. */
  readonly length: number
}

/**
 * The rows that a session gave out, by position: what the stages' caches hold once everything on its way is through, and
 * all that is needed to send any of it again. Turns never fall from one position to the next.
 */
export class SentRows {
  readonly #ids: number[] = []
  readonly #turns: number[] = []
  readonly #uses: SegmentUse[] = []

  get length(): number {
    return this.#ids.length
  }

  /** Tokens whose rows were sent. */
  get ids(): readonly number[] {
    return this.#ids
  }

  /** Notes rows that are given out; `use` is the last one's, or each one's if they are scored. */
  add(ids: readonly number[], given: { readonly turn: number; readonly use: SegmentUse }): void {
    const { turn, use } = given
    const last = ids.length - 1
    for (const [index, id] of ids.entries()) {
      this.#ids.push(id)
      this.#turns.push(turn)
      this.#uses.push(use === 'sample' && index < last ? 'none' : use)
    }
  }

  /** Forgets the rows from `length` on. */
  cut(length: number): void {
    this.#ids.length = length
    this.#turns.length = length
    this.#uses.length = length
  }

  /** Makes all rows a first turn's, of which those before `from` are not used. */
  renew(from: number): void {
    this.#turns.fill(0)
    this.#uses.fill('none', 0, from)
  }

  /** The first position that a stage lacks which stands like this: the least of its length and where a later turn begins. */
  firstMissing(standing: Standing): number {
    const later = this.#turns.findIndex((turn) => turn > standing.turn)
    return Math.min(standing.length, later < 0 ? this.length : later, this.length)
  }

  /** At most `rowsMax` rows from `position` on that fit one segment. */
  run(position: number, rowsMax: number): RowRun {
    const turn = this.#turns[position] ?? 0
    const use = this.#uses[position] ?? 'none'
    let end = position + 1
    const isOpen = (): boolean =>
      this.#uses[end - 1] !== 'sample' && end - position < rowsMax && end < this.length
    const fits = (): boolean =>
      this.#turns[end] === turn && (this.#uses[end] === 'score') === (use === 'score')
    while (isOpen() && fits()) end += 1
    return { turn, position, ids: this.#ids.slice(position, end), use: this.#uses[end - 1] ?? 'none' }
  }
}
