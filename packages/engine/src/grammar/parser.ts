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
  /** Places that may be looked at for one token. */
  readonly tokenWorkMax: number
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
  #workDone = 0

  /** @throws GrammarTooComplexError. */
  constructor(automaton: Automaton, init: ParserInit) {
    this.#automaton = automaton
    this.#init = init
    this.start = this.#close(new Map([[automaton.start, this.#stacks.bottom]]))
  }

  /** Begins the work for one token: what was done before doesn't count against it. */
  beginToken(): void {
    this.#workDone = 0
  }

  /** The state after one more byte, or null if the document can't go on with it. @throws GrammarTooComplexError. */
  step(from: ParserState, byte: number): ParserState | null {
    const table = (from.next ??= this.#newTable(from))
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

  #work(places: number): void {
    this.#workDone += places
    if (this.#workDone <= this.#init.tokenWorkMax) return
    throw new GrammarTooComplexError('steps for one token', this.#init.tokenWorkMax)
  }

  /** Bytes that lead nowhere are known from the start, so that they cost nothing. */
  #newTable(from: ParserState): (ParserState | null | undefined)[] {
    this.#init.onGrow(BYTES * 8)
    const table = Array.from<null | undefined>({ length: BYTES }).fill(null)
    const { starts, values } = this.#automaton.ranges
    for (const state of from.states) {
      const end = starts[state + 1] ?? 0
      for (let i = starts[state] ?? 0; i < end; i += 3)
        table.fill(undefined, values[i] ?? 0, (values[i + 1] ?? 0) + 1)
    }
    return table
  }

  #step(from: ParserState, byte: number): ParserState | null {
    const { starts, values } = this.#automaton.ranges
    this.#stacks.beginStep()
    this.#work(from.states.length)
    const reached = new Map<number, StackNode>()
    for (const [index, state] of from.states.entries()) {
      const stacks = from.stacks[index] ?? this.#stacks.bottom
      const end = starts[state + 1] ?? 0
      for (let i = starts[state] ?? 0; i < end; i += 3) {
        if (byte < (values[i] ?? 0) || byte > (values[i + 1] ?? 0)) continue
        const to = values[i + 2] ?? 0
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
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      const stacks = reached.get(state) ?? this.#stacks.bottom
      this.#work(1)
      this.#follow({ state, stacks }, reach)
      if (stacks.hasBottom && this.#automaton.isExit[state] === 1) mayEnd = true
    }
    return this.#intern(reached, mayEnd)
  }

  /** Reaches what a place leads to without a byte. */
  #follow(
    { state, stacks }: { readonly state: number; readonly stacks: StackNode },
    reach: (state: number, stacks: StackNode) => void,
  ): void {
    const { epsilons, calls, isExit } = this.#automaton
    const lastEpsilon = epsilons.starts[state + 1] ?? 0
    for (let i = epsilons.starts[state] ?? 0; i < lastEpsilon; i++) reach(epsilons.values[i] ?? 0, stacks)
    const lastCall = calls.starts[state + 1] ?? 0
    for (let i = calls.starts[state] ?? 0; i < lastCall; i += 2)
      reach(calls.values[i] ?? 0, this.#stacks.push(calls.values[i + 1] ?? 0, stacks))
    if (isExit[state] !== 1) return
    for (const [index, to] of stacks.returns.entries()) reach(to, stacks.below[index] ?? this.#stacks.bottom)
  }

  /** Only states that take bytes matter from here on. */
  #intern(reached: ReadonlyMap<number, StackNode>, mayEnd: boolean): ParserState {
    const { starts } = this.#automaton.ranges
    const states = [...reached.keys()]
      .filter((state) => (starts[state + 1] ?? 0) > (starts[state] ?? 0))
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
