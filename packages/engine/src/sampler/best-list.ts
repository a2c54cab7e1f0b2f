import { assert } from '@shardline/core'

/**
 * The n best entries of what it was offered, best first: higher values first, and of equal values the one offered first.
 * Offered in order of ids, ties so go to the lowest id.
 *
 * Made for lists that are short beside the number of offers: nearly all offers end at the first comparison.
 */
export class BestList {
  readonly #ids: Int32Array
  readonly #values: Float64Array
  #limit = 0
  #count = 0

  /** @param entriesMax the largest n that {@link reset} takes. */
  constructor(entriesMax: number) {
    this.#ids = new Int32Array(entriesMax)
    this.#values = new Float64Array(entriesMax)
  }

  /** Entries that are there now. */
  get count(): number {
    return this.#count
  }

  /** Starts over with a list of the `limit` best. */
  reset(limit: number): void {
    assert(limit <= this.#ids.length, 'the list is long enough', { limit, entriesMax: this.#ids.length })
    this.#limit = limit
    this.#count = 0
  }

  /** Takes the value in if it is among the best so far. */
  offer(id: number, value: number): void {
    if (this.#count === this.#limit && !(value > (this.#values[this.#limit - 1] ?? Infinity))) return
    let at = Math.min(this.#count, this.#limit - 1)
    while (at > 0 && value > (this.#values[at - 1] ?? Infinity)) {
      this.#values[at] = this.#values[at - 1] ?? 0
      this.#ids[at] = this.#ids[at - 1] ?? 0
      at--
    }
    this.#values[at] = value
    this.#ids[at] = id
    if (this.#count < this.#limit) this.#count++
  }

  /** Id of the entry at `rank`, 0 being the best. */
  id(rank: number): number {
    return this.#ids[rank] ?? -1
  }

  /** Value of the entry at `rank`. */
  value(rank: number): number {
    return this.#values[rank] ?? Number.NaN
  }
}
