import type { AutomatonBuilder } from './automaton-builder.ts'
import type { CharAutomaton } from './char-automaton.ts'
import { lengthAutomaton, otherTextsAutomaton } from './char-automaton.ts'
import { CharWriter } from './char-writer.ts'
import { FORMAT_PATTERNS } from './formats.ts'
import { GRAMMAR_COUNT_MAX } from './grammar-limits.ts'
import { parsePattern } from './parse-pattern.ts'
import type { StringRules } from './shape.ts'

const QUOTE = { low: 0x22, high: 0x22 }

/** Options of a {@link StringWriter}. */
export interface StringWriterInit {
  /** Bytes of the longest token that the automaton is made for. */
  readonly tokenBytesMost: number
}

/** Writes JSON strings, as values and as names of properties. */
export class StringWriter {
  readonly #builder: AutomatonBuilder
  readonly #chars: CharWriter
  readonly #init: StringWriterInit
  readonly #patterns = new Map<string, CharAutomaton>()

  constructor(builder: AutomatonBuilder, init: StringWriterInit) {
    this.#builder = builder
    this.#chars = new CharWriter(builder)
    this.#init = init
  }

  /** Strings that all rules allow. */
  write(from: number, to: number, rules: StringRules): void {
    const { minLength } = rules
    const maxLength = rules.maxLength === undefined ? undefined : Math.min(rules.maxLength, GRAMMAR_COUNT_MAX)
    if (maxLength !== undefined && maxLength < minLength) return
    const allowed = this.automatonOf(rules)
    if (allowed === undefined) {
      this.#writeCounted(from, to, { minLength, maxLength })
      return
    }
    const isCounted = minLength > 0 || maxLength !== undefined
    const counted = isCounted
      ? allowed.intersect(lengthAutomaton(this.#builder.budget, minLength, maxLength))
      : allowed
    this.#writeAutomaton(from, to, counted)
  }

  /** Any string but some. */
  writeOther(from: number, to: number, texts: Iterable<string>): void {
    this.#writeAutomaton(from, to, otherTextsAutomaton(this.#builder.budget, texts))
  }

  /** What patterns and formats allow; undefined if there are none. @throws GrammarPatternUnsupportedError. */
  automatonOf({ patterns, formats }: StringRules): CharAutomaton | undefined {
    const all = [...patterns, ...formats.map((format) => FORMAT_PATTERNS.get(format) ?? '')]
    let allowed: CharAutomaton | undefined
    for (const pattern of all) {
      const next = this.#patternOf(pattern)
      allowed = allowed === undefined ? next : allowed.intersect(next)
    }
    return allowed
  }

  #patternOf(pattern: string): CharAutomaton {
    const known = this.#patterns.get(pattern)
    if (known !== undefined) return known
    const made = parsePattern(pattern, this.#builder.budget)
    this.#patterns.set(pattern, made)
    return made
  }

  #writeAutomaton(from: number, to: number, automaton: CharAutomaton): void {
    const builder = this.#builder
    const states = automaton.edges.map(() => builder.addState())
    const stateOf = (state: number): number => states[state] ?? 0
    builder.addRange(from, stateOf(0), QUOTE)
    for (const [state, edges] of automaton.edges.entries())
      for (const { chars, to: next } of edges) this.#chars.writeClass(stateOf(state), stateOf(next), chars)
    for (const [state, nexts] of automaton.epsilons.entries())
      for (const next of nexts) builder.addEpsilon(stateOf(state), stateOf(next))
    for (const state of automaton.accepting) builder.addRange(stateOf(state), to, QUOTE)
  }

  /** Free strings between two lengths: one state for each length that matters. */
  #writeCounted(from: number, to: number, lengths: Lengths): void {
    const builder = this.#builder
    const { minLength, maxLength } = lengths
    const states = [builder.addState()]
    builder.addRange(from, states[0] ?? 0, QUOTE)
    const last = maxLength ?? minLength
    for (let length = 0; length < last; length++) {
      states.push(builder.addState())
      this.#chars.writeFree(states[length] ?? 0, states[length + 1] ?? 0)
    }
    for (let length = minLength; length <= last; length++) builder.addRange(states[length] ?? 0, to, QUOTE)
    if (maxLength === undefined) this.#chars.writeFree(states[last] ?? 0, states[last] ?? 0)
    this.#setTwins(states, lengths)
  }

  /** Lengths that are further from both bounds than a token is long have the same tokens. */
  #setTwins(states: readonly number[], { minLength, maxLength }: Lengths): void {
    const reach = this.#init.tokenBytesMost
    for (const [length, state] of states.entries()) {
      const isFarFromMost = maxLength === undefined || maxLength - length >= reach
      if (!isFarFromMost) continue
      if (minLength - length >= reach) this.#builder.setTwin(state, states[0] ?? state)
      else if (length >= minLength) this.#builder.setTwin(state, states[minLength] ?? state)
    }
  }
}

interface Lengths {
  readonly minLength: number
  readonly maxLength: number | undefined
}
