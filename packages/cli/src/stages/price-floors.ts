import type { MarketNode } from '@shardline/client'
import type { PartyId } from '@shardline/identity'

/** A node that may have a price below which it doesn't work. */
export interface FlooredNode {
  readonly node: PartyId
  /** Microcredits per 1,000,000 tokens of a model; undefined is none. */
  readonly priceFloor: bigint | undefined
}

const NODES_NAMED_MAX = 3
const SHOWN_DIGITS = 6

/** Whether a price reaches a floor. Both are of a whole model; no price reaches none but the floor of 0. */
export function reachesFloor(price: string | undefined, floor: bigint | undefined): boolean {
  if (floor === undefined || floor <= 0n) return true
  // The floor is whole, so what stands behind the point makes no difference.
  return price !== undefined && BigInt(price.split('.')[0] ?? '0') >= floor
}

/** Who works at a price, and who doesn't. */
export function splitByFloor(
  nodes: readonly MarketNode[],
  price: string | undefined,
): { readonly usable: readonly MarketNode[]; readonly passedOver: readonly MarketNode[] } {
  const isUsable = ({ priceFloor }: MarketNode): boolean => reachesFloor(price, priceFloor)
  return { usable: nodes.filter(isUsable), passedOver: nodes.filter((node) => !isUsable(node)) }
}

/** Says who is passed over because of the price; empty if nobody is. */
export function describePassedOver(nodes: readonly FlooredNode[], price: string | undefined): string {
  const floors = new Map(nodes.map(({ node, priceFloor }) => [node, priceFloor]))
  if (floors.size === 0) return ''
  const named = [...floors].slice(0, NODES_NAMED_MAX).map(([node, floor]) => `${node} (floor ${floor})`)
  const rest = floors.size > named.length ? ` and ${floors.size - named.length} more` : ''
  const now = price === undefined ? 'the model has no price there' : `price ${shortPrice(price)}`
  return `${floors.size} nodes of the market are passed over, ${now}: ${named.join(', ')}${rest}`
}

/** A price for people. */
export function shortPrice(price: string): string {
  return String(Number(Number(price).toPrecision(SHOWN_DIGITS)))
}
