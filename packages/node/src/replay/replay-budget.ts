/** Rows that can be given up to make place. */
export interface RowHolder {
  dropRows(): void
}

/**
 * Part of the budget above which stages with an output that can't be used stop computing: what is left is for the run in
 * progress, so that it needn't drop rows that will be asked for.
 */
const TIGHT_SHARE = 0.75

/**
 * Bounds the bytes that all records of a node hold together. Where a new row doesn't fit, the records that have been idle
 * the longest give theirs up first.
 */
export class ReplayBudget {
  readonly #bytesMax: number
  /** Bytes by holder, the one that has been idle the longest first. */
  readonly #held = new Map<RowHolder, number>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether little is left. */
  get isTight(): boolean {
    return this.#bytes >= this.#bytesMax * TIGHT_SHARE
  }

  /** Counts bytes that a holder took, and makes place for them: also by the holder's own rows, if nobody else has any. */
  add(holder: RowHolder, bytes: number): void {
    const held = (this.#held.get(holder) ?? 0) + bytes
    this.#held.delete(holder)
    this.#held.set(holder, held)
    this.#bytes += bytes
    for (const idle of this.#held.keys()) {
      if (this.#bytes <= this.#bytesMax) break
      idle.dropRows()
      this.remove(idle)
    }
  }

  /** Counts bytes that a holder gave back. */
  subtract(holder: RowHolder, bytes: number): void {
    const held = this.#held.get(holder)
    if (held === undefined) return
    this.#held.set(holder, held - bytes)
    this.#bytes -= bytes
  }

  /** Counts out all that a holder has. */
  remove(holder: RowHolder): void {
    this.#bytes -= this.#held.get(holder) ?? 0
    this.#held.delete(holder)
  }
}
