import type { Automaton } from './automaton.ts'
import { GrammarTooComplexError } from './grammar-errors.ts'
import type { StackNode } from './stack-node.ts'
import { StackTable } from './stack-node.ts'

const BYTES = 256

/** Unions of stack sets that one byte may take. Legitimate schemas need a few. */
const STEP_UNIONS_MAX = 50_000

/** Bytes that a parser state is counted as, beside its place list and its table of next states. */
const STATE_BYTES = 400
const PLACE_BYTES = 24

/** Options of a {@link Parser}. */
export interface ParserInit {
  readonly placesMax: number
  /** Called with the bytes that the parser keeps more now. */
  readonly onGrow: (bytes: number) => void
}

/**
 * Where a document stands: all states that the automaton may be in, each with its call stacks.
 * Equal places are one object as long as they are kept, so that what was found out about one is found again.
 */
export class ParserState {
  /** Whether the document may end here. */
  readonly mayEnd: boolean
  readonly states: readonly number[]
  readonly stacks: readonly StackNode[]
  /** By byte: null where the document can't go on with it. */
  next: (ParserState | null | undefined)[] | undefined

  constructor(states: readonly number[], stacks: readonly StackNode[], mayEnd: boolean) {
    this.states = states
    this.stacks = stacks
    this.mayEnd = mayEnd
  }
}

/** Reads documents of a grammar byte by byte; every step is worked out once and then looked up. */
export class Parser {
  readonly start: ParserState
  readonly #automaton: Automaton
  readonly #init: ParserInit
  readonly #stacks = new StackTable(STEP_UNIONS_MAX)
  readonly #states = new Map<string, ParserState>()

  /** @throws GrammarTooComplexError. */
  constructor(automaton: Automaton, init: ParserInit) {
    this.#automaton = automaton
    this.#init = init
    this.start = this.#close(new Map([[automaton.start, this.#stacks.bottom]]))
  }

  /** The state after one more byte, or null if the document can't go on with it. @throws GrammarTooComplexError. */
  step(from: ParserState, byte: number): ParserState | null {
    const table = (from.next ??= this.#newTable())
    const known = table[byte]
    if (known !== undefined) return known
    const next = this.#step(from, byte)
    table[byte] = next
    return next
  }

  /** A name for what tokens are possible: equal for states whose tokens are the same for sure. */
  maskKey(state: ParserState): string {
    const { twins } = this.#automaton
    const twinOf = (place: number): number => twins[place] ?? place
    let key = state.mayEnd ? '1' : '0'
    for (const [index, place] of state.states.entries()) {
      key += ` ${twinOf(place)}`
      const stacks = state.stacks[index] ?? this.#stacks.bottom
      if (stacks.hasBottom) key += '!'
      // A token reaches little further than the call it begins in: the counts in deeper calls stay as they are.
      for (const [at, to] of stacks.returns.entries()) key += `,${twinOf(to)}:${stacks.below[at]?.id ?? 0}`
    }
    return key
  }

  /** Forgets the states that were found; those in use stay valid. */
  forget(): void {
    this.#states.clear()
    this.#stacks.forget()
    this.start.next = undefined
  }

  #newTable(): (ParserState | null | undefined)[] {
    this.#init.onGrow(BYTES * 8)
    return Array.from<undefined>({ length: BYTES })
  }

  #step(from: ParserState, byte: number): ParserState | null {
    const { ranges } = this.#automaton
    this.#stacks.beginStep()
    const reached = new Map<number, StackNode>()
    for (const [index, state] of from.states.entries()) {
      const stacks = from.stacks[index] ?? this.#stacks.bottom
      const edges = ranges[state] ?? []
      for (let i = 0; i < edges.length; i += 3) {
        if (byte < (edges[i] ?? 0) || byte > (edges[i + 1] ?? 0)) continue
        const to = edges[i + 2] ?? 0
        const before = reached.get(to)
        reached.set(to, before === undefined ? stacks : this.#stacks.union(before, stacks))
      }
    }
    return reached.size === 0 ? null : this.#close(reached)
  }

  /** Follows everything that takes no byte: calls, returns and empty transitions. */
  #close(reached: Map<number, StackNode>): ParserState {
    const queue = [...reached.keys()]
    let mayEnd = false
    const reach = (state: number, stacks: StackNode): void => {
      const before = reached.get(state)
      const all = before === undefined ? stacks : this.#stacks.union(before, stacks)
      if (all === before) return
      reached.set(state, all)
      if (reached.size > this.#init.placesMax) {
        throw new GrammarTooComplexError('alternatives open at the same time', this.#init.placesMax)
      }
      queue.push(state)
    }
    const { epsilons, calls, isExit } = this.#automaton
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      const stacks = reached.get(state) ?? this.#stacks.bottom
      for (const to of epsilons[state] ?? []) reach(to, stacks)
      const called = calls[state] ?? []
      for (let i = 0; i < called.length; i += 2)
        reach(called[i] ?? 0, this.#stacks.push(called[i + 1] ?? 0, stacks))
      if (isExit[state] !== 1) continue
      if (stacks.hasBottom) mayEnd = true
      for (const [index, to] of stacks.returns.entries()) {
        const below = stacks.below[index]
        if (below !== undefined) reach(to, below)
      }
    }
    return this.#intern(reached, mayEnd)
  }

  /** Only states that take bytes matter from here on. */
  #intern(reached: ReadonlyMap<number, StackNode>, mayEnd: boolean): ParserState {
    const { ranges } = this.#automaton
    const states = [...reached.keys()]
      .filter((state) => (ranges[state]?.length ?? 0) > 0)
      .toSorted((a, b) => a - b)
    const stacks = states.map((state) => reached.get(state) ?? this.#stacks.bottom)
    let key = mayEnd ? '1' : '0'
    for (const [index, state] of states.entries()) key += ` ${state}:${stacks[index]?.id ?? 0}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const made = new ParserState(states, stacks, mayEnd)
    this.#states.set(key, made)
    this.#init.onGrow(STATE_BYTES + PLACE_BYTES * states.length + 2 * key.length)
    return made
  }
}
