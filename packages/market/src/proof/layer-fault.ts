import type { PartyId } from '@shardline/identity'
import type { WorkerPart } from '../request/request.ts'

/** Why ranges don't cover a model's layers exactly once, and who has the range that shows it. */
export interface LayerFault {
  readonly kind: 'gap' | 'overlap'
  /** Undefined when the layers after the last range are missing. */
  readonly node: PartyId | undefined
}

/**
 * The first fault of ranges that must cover the layers 0 to `layerCount - 1` once each, in whatever order they are
 * given; undefined if there's none. A range that goes beyond the last layer overlaps with what the model doesn't have;
 * one that ends before it starts leaves a gap.
 */
export function layerFault(parts: readonly WorkerPart[], layerCount: number): LayerFault | undefined {
  const ordered = parts.toSorted((a, b) => a.first - b.first || a.last - b.last)
  let next = 0
  for (const { node, first, last } of ordered) {
    if (first > next || last < first) return { kind: 'gap', node }
    if (first < next || last >= layerCount) return { kind: 'overlap', node }
    next = last + 1
  }
  return next < layerCount ? { kind: 'gap', node: undefined } : undefined
}
