import { assert } from '@shardline/core'
import { GrammarTooComplexError } from './grammar-errors.ts'

/**
 * A set of call stacks: below each return state, the set of stacks under it. Stacks that share their top share its entry,
 * and equal sets are one object, so that alternatives which go on alike cost no more than one.
 */
export interface StackNode {
  readonly id: number
  /** Whether the empty stack is in the set: the document may end here. */
  readonly hasBottom: boolean
  /** Return states ascending, each with the stacks below it. */
  readonly returns: readonly number[]
  readonly below: readonly StackNode[]
}

/** Makes {@link StackNode}s; equal ones are the same object. */
export class StackTable {
  readonly bottom: StackNode
  readonly #nodes = new Map<string, StackNode>()
  readonly #stepUnionsMax: number
  #nextId = 0
  #unions = new Map<string, StackNode>()

  /** @param stepUnionsMax unions of one step at the most. */
  constructor(stepUnionsMax: number) {
    this.#stepUnionsMax = stepUnionsMax
    this.bottom = this.#intern({ hasBottom: true, returns: [], below: [] })
  }

  /** Nodes that are remembered. */
  get size(): number {
    return this.#nodes.size
  }

  /** Begins a step: what was remembered of unions for the one before is forgotten. */
  beginStep(): void {
    if (this.#unions.size > 0) this.#unions = new Map()
  }

  /** Forgets all nodes. Those in use stay valid; equal ones that are made anew are other objects, which costs only time. */
  forget(): void {
    this.#nodes.clear()
    this.#nodes.set(keyOf(this.bottom), this.bottom)
    this.beginStep()
  }

  /** `stacks` with a return state on top of each. */
  push(returnState: number, stacks: StackNode): StackNode {
    return this.#intern({ hasBottom: false, returns: [returnState], below: [stacks] })
  }

  /** All stacks of both. @throws GrammarTooComplexError. */
  union(one: StackNode, other: StackNode): StackNode {
    if (one === other) return one
    const key = one.id < other.id ? `${one.id} ${other.id}` : `${other.id} ${one.id}`
    const known = this.#unions.get(key)
    if (known !== undefined) return known
    if (this.#unions.size >= this.#stepUnionsMax) {
      throw new GrammarTooComplexError('alternatives open at the same time', this.#stepUnionsMax)
    }
    const union = this.#intern(this.#merge(one, other))
    this.#unions.set(key, union)
    return union
  }

  #merge(one: StackNode, other: StackNode): Omit<StackNode, 'id'> {
    const returns: number[] = []
    const below: StackNode[] = []
    for (let i = 0, j = 0; i < one.returns.length || j < other.returns.length;) {
      const a = one.returns[i] ?? Infinity
      const b = other.returns[j] ?? Infinity
      const under = a <= b ? one.below[i] : other.below[j]
      const alike = a === b ? other.below[j] : undefined
      assert(under !== undefined, 'a return state has stacks below it')
      returns.push(Math.min(a, b))
      below.push(alike === undefined ? under : this.union(under, alike))
      if (a <= b) i++
      if (b <= a) j++
    }
    return { hasBottom: one.hasBottom || other.hasBottom, returns, below }
  }

  #intern(node: Omit<StackNode, 'id'>): StackNode {
    const key = keyOf(node)
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    const made = { id: this.#nextId++, ...node }
    this.#nodes.set(key, made)
    return made
  }
}

function keyOf(node: Omit<StackNode, 'id'>): string {
  const parts = node.returns.map((state, index) => `${state}:${node.below[index]?.id ?? ''}`)
  return `${node.hasBottom ? '1' : '0'} ${parts.join(' ')}`
}
