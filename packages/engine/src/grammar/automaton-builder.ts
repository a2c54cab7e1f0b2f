import type { Automaton, Rule } from './automaton.ts'
import type { Budget } from './budget.ts'
import { trimAutomaton } from './trim-automaton.ts'

const SPACE = 0x20
const encoder = new TextEncoder()

/** Where a text may go on. */
type Branches = Map<number, { readonly state: number; readonly branches: Branches }>

/** Puts an {@link Automaton} together. What is written from a state may share it with other beginnings: they are alternatives. */
export class AutomatonBuilder {
  readonly budget: Budget
  readonly #ranges: number[][] = []
  readonly #epsilons: number[][] = []
  readonly #calls: number[][] = []
  readonly #exits: number[] = []
  readonly #twins: number[] = []

  constructor(budget: Budget) {
    this.budget = budget
  }

  /** A new state. @throws GrammarTooComplexError, as all methods that add something. */
  addState(): number {
    this.budget.spend()
    this.#ranges.push([])
    this.#epsilons.push([])
    this.#calls.push([])
    return this.#twins.push(this.#twins.length) - 1
  }

  /** A new rule, empty. */
  addRule(): Rule {
    const rule = { entry: this.addState(), exit: this.addState() }
    this.#exits.push(rule.exit)
    return rule
  }

  /** From `from` to `to` by one byte of a range. */
  addRange(from: number, to: number, range: { readonly low: number; readonly high: number }): void {
    this.budget.spend()
    this.#ranges[from]?.push(range.low, range.high, to)
  }

  /** From `from` to `to` by nothing. */
  addEpsilon(from: number, to: number): void {
    this.budget.spend()
    this.#epsilons[from]?.push(to)
  }

  /** From `from` to `to` by what `rule` takes. */
  addCall(from: number, to: number, rule: Rule): void {
    this.budget.spend()
    this.#calls[from]?.push(rule.entry, to)
  }

  /** Writes an ASCII text and returns the state after it. */
  addText(from: number, text: string): number {
    let state = from
    for (const byte of encoder.encode(text)) {
      const next = this.addState()
      this.addRange(state, next, { low: byte, high: byte })
      state = next
    }
    return state
  }

  /** Writes one of several texts, which share their beginnings. */
  addTexts(from: number, to: number, texts: Iterable<string>): void {
    const root: Branches = new Map()
    for (const text of texts) {
      let at = { state: from, branches: root }
      for (const byte of encoder.encode(text)) {
        const known = at.branches.get(byte)
        const next = known ?? { state: this.addState(), branches: new Map() }
        if (known === undefined) {
          at.branches.set(byte, next)
          this.addRange(at.state, next.state, { low: byte, high: byte })
        }
        at = next
      }
      this.addEpsilon(at.state, to)
    }
  }

  /** Writes one space or none. */
  addOptionalSpace(from: number): number {
    const after = this.addState()
    this.addRange(from, after, { low: SPACE, high: SPACE })
    this.addEpsilon(from, after)
    return after
  }

  /** Says that from `state` the same tokens are possible as from `twin`. */
  setTwin(state: number, twin: number): void {
    this.#twins[state] = twin
  }

  /** The automaton for documents that `root` takes, or undefined if there is none that ends. */
  finish(root: Rule): Automaton | undefined {
    const isExit = new Uint8Array(this.#twins.length)
    for (const exit of this.#exits) isExit[exit] = 1
    return trimAutomaton({
      ranges: this.#ranges,
      epsilons: this.#epsilons,
      calls: this.#calls,
      isExit,
      start: root.entry,
      twins: Int32Array.from(this.#twins),
    })
  }
}
