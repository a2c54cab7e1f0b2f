import type { SamplerScratch } from './sampler-scratch.ts'

/**
 * Finds the id of the last candidate of the smallest prefix, in the total order, whose weights sum up to `target` at least.
 * If rounding keeps the sum of all below `target`, it is the last of all.
 *
 * A weighted quickselect: about three passes over the candidates whatever their number, against a full sort.
 * Its pivots, and so the order in which weights are summed, depend on nothing but the arguments.
 */
export function findCut(scratch: SamplerScratch, target: number): number {
  const { ids, weights, order, count } = scratch
  for (let i = 0; i < count; i++) order[i] = i
  let from = 0
  let to = count
  let reached = 0
  let lastKept = 0
  let state = count
  while (from < to) {
    // A linear congruential generator: pivots at fixed places would make some arrangements of logits slow.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const pivotAt = from + (state % (to - from))
    const split = partition(scratch, { from, to }, pivotAt)
    let mass = 0
    for (let i = from; i < split; i++) mass += weights[order[i] ?? 0] ?? 0
    const pivot = order[split] ?? 0
    if (reached + mass >= target) {
      to = split
      continue
    }
    reached += mass + (weights[pivot] ?? 0)
    lastKept = pivot
    if (reached >= target) break
    from = split + 1
  }
  return ids[lastKept] ?? 0
}

/** Moves what stands before the pivot in the total order to the front of [from, to); returns where the pivot then is. */
function partition(scratch: SamplerScratch, bounds: Bounds, pivotAt: number): number {
  const { logits, ids, order } = scratch
  const last = bounds.to - 1
  const pivot = order[pivotAt] ?? 0
  const pivotLogit = logits[ids[pivot] ?? 0] ?? 0
  order[pivotAt] = order[last] ?? 0
  order[last] = pivot
  let split = bounds.from
  for (let i = bounds.from; i < last; i++) {
    const position = order[i] ?? 0
    const logit = logits[ids[position] ?? 0] ?? 0
    // Positions ascend with ids, so they decide between equal logits as ids would.
    if (logit < pivotLogit || (logit === pivotLogit && position > pivot)) continue
    order[i] = order[split] ?? 0
    order[split] = position
    split++
  }
  order[last] = order[split] ?? 0
  order[split] = pivot
  return split
}

interface Bounds {
  readonly from: number
  readonly to: number
}
