import { GrammarTooComplexError } from './grammar-errors.ts'

/** Counts what compiling one grammar takes, so that a hostile one ends by name before it takes time or memory. */
export class Budget {
  readonly #most: number
  #spent = 0

  /** @param most states, transitions and steps that may be spent. */
  constructor(most: number) {
    this.#most = most
  }

  /** @throws GrammarTooComplexError when more is spent than there was. */
  spend(count = 1): void {
    this.#spent += count
    if (this.#spent > this.#most) throw new GrammarTooComplexError('states and transitions', this.#most)
  }
}
