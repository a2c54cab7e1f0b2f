import type { Automaton } from './automaton.ts'

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
export function trimAutomaton(automaton: Automaton): Automaton | undefined {
  const live = findLive(automaton)
  if (live[automaton.start] === 0) return undefined
  const isLive = (state: number | undefined): boolean => state !== undefined && live[state] === 1
  return {
    ...automaton,
    ranges: automaton.ranges.map((edges) => keepGroups(edges, 3, ([, , to]) => isLive(to))),
    epsilons: automaton.epsilons.map((edges) => edges.filter(isLive)),
    calls: automaton.calls.map((edges) => keepGroups(edges, 2, ([entry, to]) => isLive(entry) && isLive(to))),
  }
}

/** Backwards from the exits. A call leads on once both what it calls and what follows it are known to end. */
function findLive(automaton: Automaton): Uint8Array {
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

function reverse(automaton: Automaton): Reversed {
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

function keepGroups(
  edges: readonly number[],
  size: number,
  isKept: (group: readonly number[]) => boolean,
): readonly number[] {
  const kept: number[] = []
  for (let i = 0; i < edges.length; i += size) {
    const group = edges.slice(i, i + size)
    if (isKept(group)) kept.push(...group)
  }
  return kept
}
