/** Groups of numbers by state, laid out behind each other: those of state i are `values` from `starts[i]` to `starts[i + 1]`. */
export interface StateTable {
  readonly starts: Int32Array
  readonly values: Int32Array
}

/**
 * A pushdown automaton over bytes: rules that call each other. States are numbers from 0; each rule has an entry and an
 * exit state of its own. Every state can reach the exit of its rule, so a document that was begun can always be ended.
 */
export interface Automaton {
  /** By state: triples of lowest byte, highest byte, next state. */
  readonly ranges: StateTable
  /** By state: next states that take no byte. */
  readonly epsilons: StateTable
  /** By state: pairs of a rule's entry state and the state after it. */
  readonly calls: StateTable
  /** By state: 1 if it is the exit of a rule. */
  readonly isExit: Uint8Array
  /** Entry of the rule for the whole document. */
  readonly start: number
  /**
   * By state: a state (perhaps itself) from which the same tokens are possible, as long as no token is longer than the
   * automaton was made for. So long counted strings share their token masks.
   */
  readonly twins: Int32Array
  /** Bytes that it takes in memory, about. */
  readonly byteLength: number
}

/** A rule of an automaton: what lies between two states. */
export interface Rule {
  readonly entry: number
  readonly exit: number
}
