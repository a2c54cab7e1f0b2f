/** Items of several owners, taken owner by owner in turn, and in order within one owner. */
export class TurnRow<T> {
  readonly #byOwner = new Map<string, T[]>()

  /** Items in the row. */
  get size(): number {
    let count = 0
    for (const items of this.#byOwner.values()) count += items.length
    return count
  }

  /** Adds an item behind those of its owner. */
  put(owner: string, item: T): void {
    const items = this.#byOwner.get(owner)
    if (items === undefined) this.#byOwner.set(owner, [item])
    else items.push(item)
  }

  /** The first item of the owner whose turn it is; that owner goes to the end of the row. Undefined if there is none. */
  take(): T | undefined {
    const [first] = this.#byOwner
    if (first === undefined) return undefined
    const [owner, items] = first
    const item = items.shift()
    this.#byOwner.delete(owner)
    if (items.length > 0) this.#byOwner.set(owner, items)
    return item
  }

  /** Takes an item out of the row; nothing if it isn't there. */
  remove(owner: string, item: T): void {
    const rest = this.#byOwner.get(owner)?.filter((other) => other !== item) ?? []
    if (rest.length > 0) this.#byOwner.set(owner, rest)
    else this.#byOwner.delete(owner)
  }
}
