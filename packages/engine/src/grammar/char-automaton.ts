import type { Budget } from './budget.ts'
import type { CharClass } from './char-class.ts'
import { ANY_CHAR, complementClass, hasChar, intersectClasses, oneChar, uniteClasses } from './char-class.ts'

/** A transition of a {@link CharAutomaton}. */
export interface CharEdge {
  readonly chars: CharClass
  readonly to: number
}

/** A finite automaton over characters: which strings a pattern, a length or a set of names allows. It begins in state 0. */
export class CharAutomaton {
  readonly edges: CharEdge[][] = []
  readonly epsilons: number[][] = []
  readonly accepting: Set<number> = new Set()
  readonly #budget: Budget

  constructor(budget: Budget) {
    this.#budget = budget
    this.addState()
  }

  /** A new state. @throws GrammarTooComplexError, as all methods that add something. */
  addState(): number {
    this.#budget.spend()
    this.epsilons.push([])
    return this.edges.push([]) - 1
  }

  addEdge(from: number, to: number, chars: CharClass): void {
    this.#budget.spend()
    if (chars.length > 0) this.edges[from]?.push({ chars, to })
  }

  addEpsilon(from: number, to: number): void {
    this.#budget.spend()
    this.epsilons[from]?.push(to)
  }

  /** Whether a text is allowed. */
  matches(text: string): boolean {
    let states = this.#closed([0])
    for (const character of text) {
      const codePoint = character.codePointAt(0) ?? 0
      const reached: number[] = []
      for (const state of states) {
        this.#budget.spend()
        for (const { chars, to } of this.edges[state] ?? []) if (hasChar(chars, codePoint)) reached.push(to)
      }
      states = this.#closed(reached)
    }
    return [...states].some((state) => this.accepting.has(state))
  }

  /** Strings that both allow. */
  intersect(other: CharAutomaton): CharAutomaton {
    const both = new CharAutomaton(this.#budget)
    const known = new Map<string, number>([['0 0', 0]])
    const queue: (readonly [number, number])[] = [[0, 0]]
    const stateOf = (one: number, two: number): number => {
      const key = `${one} ${two}`
      const found = known.get(key)
      if (found !== undefined) return found
      const made = both.addState()
      known.set(key, made)
      queue.push([one, two])
      return made
    }
    for (let at = 0; at < queue.length; at++) {
      const [one, two] = queue[at] ?? [0, 0]
      const from = stateOf(one, two)
      if (this.accepting.has(one) && other.accepting.has(two)) both.accepting.add(from)
      for (const to of this.epsilons[one] ?? []) both.addEpsilon(from, stateOf(to, two))
      for (const to of other.epsilons[two] ?? []) both.addEpsilon(from, stateOf(one, to))
      for (const left of this.edges[one] ?? []) {
        for (const right of other.edges[two] ?? []) {
          this.#budget.spend()
          const chars = intersectClasses(left.chars, right.chars)
          if (chars.length > 0) both.addEdge(from, stateOf(left.to, right.to), chars)
        }
      }
    }
    return both
  }

  #closed(states: readonly number[]): ReadonlySet<number> {
    const closed = new Set(states)
    // A set can be added to while it is walked: what is added is walked too.
    for (const state of closed) for (const to of this.epsilons[state] ?? []) closed.add(to)
    return closed
  }
}

/** Strings of at least `least` characters and, unless it is undefined, at most `most`. */
export function lengthAutomaton(budget: Budget, least: number, most: number | undefined): CharAutomaton {
  const automaton = new CharAutomaton(budget)
  const last = most ?? least
  for (let count = 0; count < last; count++) automaton.addEdge(count, automaton.addState(), ANY_CHAR)
  for (let count = least; count <= last; count++) automaton.accepting.add(count)
  if (most === undefined) automaton.addEdge(last, last, ANY_CHAR)
  return automaton
}

/** All strings but the given ones. */
export function otherTextsAutomaton(budget: Budget, texts: Iterable<string>): CharAutomaton {
  const automaton = new CharAutomaton(budget)
  const free = automaton.addState()
  automaton.accepting.add(free)
  automaton.addEdge(free, free, ANY_CHAR)
  const children = new Map<number, Map<number, number>>([[0, new Map()]])
  const excluded = new Set<number>()
  for (const text of texts) {
    let state = 0
    for (const character of text) {
      const codePoint = character.codePointAt(0) ?? 0
      const branches = children.get(state) ?? new Map<number, number>()
      const next = branches.get(codePoint) ?? automaton.addState()
      if (!branches.has(codePoint)) automaton.addEdge(state, next, oneChar(codePoint))
      children.set(state, branches.set(codePoint, next))
      state = next
    }
    excluded.add(state)
    if (!children.has(state)) children.set(state, new Map())
  }
  for (const [state, branches] of children) {
    let taken: CharClass = []
    for (const codePoint of branches.keys()) taken = uniteClasses(taken, oneChar(codePoint))
    automaton.addEdge(state, free, complementClass(taken))
    if (!excluded.has(state)) automaton.accepting.add(state)
  }
  return automaton
}
