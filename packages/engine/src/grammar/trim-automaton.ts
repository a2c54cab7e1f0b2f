import type { Automaton, StateTable } from './automaton.ts'

/** An automaton as it is put together: a list of numbers for each state. */
export interface AutomatonDraft extends Omit<Automaton, 'ranges' | 'epsilons' | 'calls' | 'byteLength'> {
  readonly ranges: readonly (readonly number[])[]
  readonly epsilons: readonly (readonly number[])[]
  readonly calls: readonly (readonly number[])[]
}

/** Ways into the states, backwards. */
interface Reversed {
  /** By state: states that lead to it by a byte or by nothing. */
  readonly plain: readonly (readonly number[])[]
  /** By entry state of a rule: pairs of the state that calls it and the state after the call. */
  readonly byEntry: ReadonlyMap<number, readonly number[]>
  /** By state after a call: pairs of the state that calls and the entry of what it calls. */
  readonly byReturn: ReadonlyMap<number, readonly number[]>
}

/**
 * Takes out everything from which the exit of its rule can't be reached: alternatives that contradict themselves, and
 * recursion that never ends. Undefined if nothing remains.
 */
export function trimAutomaton(draft: AutomatonDraft): Automaton | undefined {
  const live = findLive(draft)
  if (live[draft.start] === 0) return undefined
  const isLive = (state: number | undefined): boolean => state !== undefined && live[state] === 1
  const ranges = layOut(draft.ranges, 3, ([, , to]) => isLive(to))
  const epsilons = layOut(draft.epsilons, 1, ([to]) => isLive(to))
  const calls = layOut(draft.calls, 2, ([entry, to]) => isLive(entry) && isLive(to))
  const tables = [ranges, epsilons, calls].flatMap(({ starts, values }) => [starts, values])
  const byteLength = [...tables, draft.isExit, draft.twins].reduce((sum, table) => sum + table.byteLength, 0)
  return { ...draft, ranges, epsilons, calls, byteLength }
}

/** Backwards from the exits. A call leads on once both what it calls and what follows it are known to end. */
function findLive(automaton: AutomatonDraft): Uint8Array {
  const { plain, byEntry, byReturn } = reverse(automaton)
  const live = new Uint8Array(automaton.isExit.length)
  const queue: number[] = []
  const reach = (state: number | undefined): void => {
    if (state === undefined || live[state] === 1) return
    live[state] = 1
    queue.push(state)
  }
  for (const [state, isExit] of automaton.isExit.entries()) if (isExit === 1) reach(state)
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at] ?? 0
    for (const from of plain[state] ?? []) reach(from)
    for (const pairs of [byEntry.get(state) ?? [], byReturn.get(state) ?? []]) {
      for (let i = 0; i < pairs.length; i += 2) if (live[pairs[i + 1] ?? 0] === 1) reach(pairs[i])
    }
  }
  return live
}

function reverse(automaton: AutomatonDraft): Reversed {
  const plain: number[][] = automaton.ranges.map(() => [])
  const byEntry = new Map<number, number[]>()
  const byReturn = new Map<number, number[]>()
  for (const [from, edges] of automaton.ranges.entries()) {
    for (let i = 2; i < edges.length; i += 3) plain[edges[i] ?? 0]?.push(from)
  }
  for (const [from, edges] of automaton.epsilons.entries()) for (const to of edges) plain[to]?.push(from)
  for (const [from, edges] of automaton.calls.entries()) {
    for (let i = 0; i < edges.length; i += 2) {
      const entry = edges[i] ?? 0
      const to = edges[i + 1] ?? 0
      add(byEntry, entry, [from, to])
      add(byReturn, to, [from, entry])
    }
  }
  return { plain, byEntry, byReturn }
}

function add(map: Map<number, number[]>, key: number, pair: readonly [number, number]): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [...pair])
  else list.push(...pair)
}

/** The groups of all states that are kept. */
function layOut(
  states: readonly (readonly number[])[],
  size: number,
  isKept: (group: readonly number[]) => boolean,
): StateTable {
  const starts = new Int32Array(states.length + 1)
  const values: number[] = []
  for (const [state, groups] of states.entries()) {
    for (let i = 0; i < groups.length; i += size) {
      const group = groups.slice(i, i + size)
      if (isKept(group)) values.push(...group)
    }
    starts[state + 1] = values.length
  }
  return { starts, values: Int32Array.from(values) }
}
