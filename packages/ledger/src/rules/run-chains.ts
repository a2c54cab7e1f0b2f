import type { WorkingSet } from './working-set.ts'

/** What the rules say about one item of a call. */
export interface ItemOutcome<Status> {
  readonly status: Status | 'created' | 'linked_event_failed' | 'linked_event_chain_open'
  readonly timestampNs: bigint | undefined
}

/** How {@link runChains} applies one item. */
export interface ChainRules<Item, Status> {
  /** Applies the item to the set if the rules allow it. */
  readonly apply: (set: WorkingSet, item: Item) => ItemOutcome<Status>
  /** Told of a failed item after its chain was undone. */
  readonly onFailed?: (set: WorkingSet, item: Item, outcome: ItemOutcome<Status>) => void
}

/**
 * Applies the items of one call in order. Items linked with the next form a chain: all or nothing, and only the first
 * one that fails carries its own status. A chain that the call's end leaves open fails at its last item.
 */
export function runChains<Item extends { readonly isLinked?: boolean }, Status>(
  set: WorkingSet,
  items: readonly Item[],
  rules: ChainRules<Item, Status>,
): readonly ItemOutcome<Status>[] {
  const outcomes: ItemOutcome<Status>[] = []
  let start = 0
  while (start < items.length) {
    let end = start
    while (end < items.length && items[end]?.isLinked === true) end++
    const chain = items.slice(start, end + 1)
    outcomes.push(...runChain(set, chain, rules))
    start = end + 1
  }
  return outcomes
}

function runChain<Item extends { readonly isLinked?: boolean }, Status>(
  set: WorkingSet,
  chain: readonly Item[],
  rules: ChainRules<Item, Status>,
): readonly ItemOutcome<Status>[] {
  const outcomes: ItemOutcome<Status>[] = []
  set.begin()
  for (const item of chain) {
    const isOpenEnd = item.isLinked === true && outcomes.length === chain.length - 1
    const outcome: ItemOutcome<Status> = isOpenEnd
      ? { status: 'linked_event_chain_open', timestampNs: undefined }
      : rules.apply(set, item)
    if (outcome.status === 'created') {
      outcomes.push(outcome)
      continue
    }
    set.undo()
    rules.onFailed?.(set, item, outcome)
    const failedAt = outcomes.length
    return chain.map((_, index) => {
      if (index === failedAt) return outcome
      return { status: 'linked_event_failed', timestampNs: undefined }
    })
  }
  return outcomes
}
