/**
 * Names of sessions that are to be closed in the stages although nobody here waits for it: they failed, or go on under
 * another name. Each is kept until the validator says that the close has gone through all stages, so that it can be sent
 * once more after a stage was lost.
 */
export class Closings {
  readonly #due = new Set<string>()
  readonly #sent = new Set<string>()

  /** Whether any is to be sent. */
  get isDue(): boolean {
    return this.#due.size > 0
  }

  /** Adds one that is to be sent. */
  add(session: string): void {
    this.#due.add(session)
  }

  /** Adds one that was sent by other means. */
  addSent(session: string): void {
    this.#sent.add(session)
  }

  /** Takes at most `countMax` that are to be sent. */
  take(countMax: number): readonly string[] {
    const taken = [...this.#due].slice(0, countMax)
    for (const session of taken) {
      this.#due.delete(session)
      this.#sent.add(session)
    }
    return taken
  }

  /** It is closed everywhere. */
  settle(session: string): void {
    this.#due.delete(session)
    this.#sent.delete(session)
  }

  /** What was sent may be lost: all are to be sent again. */
  again(): void {
    for (const session of this.#sent) this.#due.add(session)
    this.#sent.clear()
  }

  /** The stages know none of them any more. */
  clear(): void {
    this.#due.clear()
    this.#sent.clear()
  }
}
