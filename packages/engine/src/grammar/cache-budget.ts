/** What can forget what it keeps. */
export interface Forgetful {
  forget(): void
}

/** Bounds the bytes that several keepers remember together: when they are too many, all of them forget. */
export class CacheBudget {
  readonly #bytesMax: number
  readonly #keepers = new Set<Forgetful>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes that are kept now, about. */
  get bytes(): number {
    return this.#bytes
  }

  /** `keeper` keeps so many bytes more. */
  grow(keeper: Forgetful, bytes: number): void {
    this.#keepers.add(keeper)
    this.#bytes += bytes
    if (this.#bytes <= this.#bytesMax) return
    this.#bytes = 0
    const keepers = [...this.#keepers]
    this.#keepers.clear()
    for (const each of keepers) each.forget()
  }
}
