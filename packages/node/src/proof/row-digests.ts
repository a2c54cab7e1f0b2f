import { hash } from 'node:crypto'
import { assert } from '@shardline/core'
import { RECEIPT_WINDOW_ROWS } from '@shardline/identity'
import type { ReceiptWindow } from '@shardline/identity'
import { HashList } from './hash-list.ts'
import type { RowBytes } from './row-bytes.ts'

/** Consecutive rows of one session that went through a stage, and what is hashed of each. */
export interface DigestedRows {
  /** Position of the first row. */
  readonly position: number
  readonly rows: number
  /** Undefined for a driver, which takes nothing in. */
  readonly taken: RowBytes | undefined
  readonly given: RowBytes
}

/**
 * SHA-256 of each row that a stage took of one session, and of each that it gave: 64 bytes a row. What it becomes is in
 * docs/concepts/receipts.md.
 */
export class RowDigests {
  /** Position of the first row that is hashed: not 0 where a validator took over. */
  #start: number | undefined
  #end = 0
  readonly #taken = new HashList()
  readonly #given = new HashList()

  /** Position of the first row; undefined before there is one. */
  get start(): number | undefined {
    return this.#start
  }

  /** Position after the last row. */
  get end(): number {
    return this.#end
  }

  /** Adds rows; those from their position on are forgotten first. There is no gap before them. */
  add({ position, rows, taken, given }: DigestedRows): void {
    this.rollback(position)
    assert(this.#start === undefined || position === this.#end, 'rows of a session have no gap', {
      position,
      end: this.#end,
    })
    this.#start ??= position
    this.#end = position + rows
    for (let row = 0; row < rows; row++) {
      if (taken !== undefined) this.#taken.push(hash('sha256', taken(row), 'buffer'))
      this.#given.push(hash('sha256', given(row), 'buffer'))
    }
  }

  /** Forgets the rows from `position` on. */
  rollback(position: number): void {
    if (this.#start === undefined || position >= this.#end) return
    const kept = Math.max(0, position - this.#start)
    this.#taken.truncate(kept)
    this.#given.truncate(kept)
    this.#end = position
    if (kept === 0) this.#start = undefined
  }

  /** The rows cut into windows, in order; the first begins within one where {@link start} does. */
  windows(): readonly ReceiptWindow[] {
    const windows: ReceiptWindow[] = []
    const start = this.#start ?? this.#end
    for (let position = start; position < this.#end;) {
      const next = position - (position % RECEIPT_WINDOW_ROWS) + RECEIPT_WINDOW_ROWS
      const rows = Math.min(next, this.#end) - position
      const range = { first: position - start, count: rows }
      const input = this.#taken.digest(range)
      const output = this.#given.digest(range)
      windows.push({ position, rows, input, output })
      position += rows
    }
    return windows
  }
}
