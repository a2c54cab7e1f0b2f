import type { TensorEntry } from './checkpoint.ts'

/** What the header of one file, or the headers of all files of a checkpoint, list. */
export interface TensorTable {
  readonly tensors: ReadonlyMap<string, TensorEntry>
  /** Type names of the tensors whose type Shardline can't read, by tensor. They matter only if one of them is needed. */
  readonly unsupported: ReadonlyMap<string, string>
}

/** Bytes of a tensor inside its file. */
export interface TensorSpan {
  readonly name: string
  readonly offset: number
  readonly byteLength: number
}

/** The first two tensors that share bytes, if any do. */
export function findOverlap(spans: readonly TensorSpan[]): readonly [TensorSpan, TensorSpan] | undefined {
  const ordered = spans.toSorted((a, b) => a.offset - b.offset)
  for (const [i, span] of ordered.entries()) {
    const next = ordered[i + 1]
    if (next !== undefined && span.offset + span.byteLength > next.offset) return [span, next]
  }
  return undefined
}

/** The product of a shape's sizes, or undefined if it is too large for a number to hold exactly. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1
  for (const size of shape) {
    count *= size
    if (!Number.isSafeInteger(count)) return undefined
  }
  return count
}
