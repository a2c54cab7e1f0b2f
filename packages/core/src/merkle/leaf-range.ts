/** A run of leaves: from `first`, `count` of them. */
export interface LeafRange {
  readonly first: bigint
  readonly count: bigint
}

/** Cuts at the largest power of two below the count (RFC 6962, 2.1). The count is at least 2. */
export function splitRange({ first, count }: LeafRange): readonly [left: LeafRange, right: LeafRange] {
  const middle = 1n << BigInt((count - 1n).toString(2).length - 1)
  return [
    { first, count: middle },
    { first: first + middle, count: count - middle },
  ]
}

/** Height of the complete subtree that a run of 2^height leaves is; undefined if it is none. */
export function heightOf({ count }: LeafRange): number | undefined {
  if (count < 1n) return undefined
  const height = count.toString(2).length - 1
  return count === 1n << BigInt(height) ? height : undefined
}
