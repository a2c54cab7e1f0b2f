import { assert } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { Role } from '../node/listing.ts'

/** One worker of the pipeline that is paid. */
export interface PaidWorker {
  readonly node: PartyId
  /** Layers that it ran, above zero. */
  readonly layers: number
}

/** What a reward is divided by. */
export interface SplitInit {
  /** Microcredits. */
  readonly billed: bigint
  /** Basis points of the billed amount that go to the protocol, 0 to 10,000. */
  readonly feeBps: number
  readonly driver: PartyId
  readonly validator: PartyId
  /** May be empty: the driver ran all layers, and gets the workers' part too. A node may stand here more than once. */
  readonly workers: readonly PaidWorker[]
  /** `equal`: the same for each worker node. `by_layers`: by the layers that it ran. */
  readonly policy: 'equal' | 'by_layers'
}

/** What one node gets, for all its roles together. */
export interface RewardLeg {
  readonly node: PartyId
  /** Microcredits; may be 0 when little was billed. */
  readonly amount: bigint
  readonly roles: readonly Role[]
}

/** How a billed amount is divided: fee + legs = billed. */
export interface RewardSplit {
  readonly fee: bigint
  /** One for each node, in the order of their ids. */
  readonly legs: readonly RewardLeg[]
}

/** Hundredths of the pool that each role gets. */
export const ROLE_SHARES: Readonly<Record<Role, bigint>> = { driver: 15n, worker: 70n, validator: 15n }

/**
 * Divides a billed amount: first the protocol's fee, rounded to nearest, so that a bill of a single microcredit isn't
 * all fee; then 15 % to the driver, 70 % to the workers, 15 % to the validator.
 *
 * Each node's roles are added up before anything is rounded. Every node gets its exact share rounded down, and what is
 * left goes one microcredit each to the largest remainders, on a tie to the lower id. So the sum is exact, no node is
 * a microcredit or more off its share, and the order of the workers doesn't matter.
 *
 * Under `equal` a node counts once however many ranges it ran: cutting one's own range in two must not pay double.
 */
export function splitReward(init: SplitInit): RewardSplit {
  const { billed, feeBps } = init
  assert(billed >= 0n, 'a bill is never negative', { billed })
  assert(Number.isInteger(feeBps) && feeBps >= 0 && feeBps <= 10_000, 'a fee is 0 to 10,000 basis points', {
    feeBps,
  })
  const fee = (billed * BigInt(feeBps) + 5_000n) / 10_000n
  return { fee, legs: largestRemainder(billed - fee, sharesOf(init)) }
}

interface Share {
  readonly node: PartyId
  weight: bigint
  readonly roles: Role[]
}

/** What each node's roles weigh; a driver's share is 15 times the workers' weight in all, a worker's 70 times its own. */
function sharesOf({ driver, validator, workers, policy }: SplitInit): Share[] {
  const weights = workerWeights(workers, policy)
  let total = 0n
  for (const weight of weights.values()) total += weight
  const shares = new Map<PartyId, Share>()
  const add = (node: PartyId, role: Role, weight: bigint): void => {
    const share = shares.get(node) ?? { node, weight: 0n, roles: [] }
    share.weight += weight
    if (!share.roles.includes(role)) share.roles.push(role)
    shares.set(node, share)
  }
  const unit = total === 0n ? 1n : total
  add(driver, 'driver', ROLE_SHARES.driver * unit)
  if (total === 0n) add(driver, 'worker', ROLE_SHARES.worker)
  for (const [node, weight] of weights) add(node, 'worker', ROLE_SHARES.worker * weight)
  add(validator, 'validator', ROLE_SHARES.validator * unit)
  return [...shares.values()].toSorted((a, b) => compareIds(a.node, b.node))
}

function workerWeights(
  workers: readonly PaidWorker[],
  policy: SplitInit['policy'],
): ReadonlyMap<PartyId, bigint> {
  const weights = new Map<PartyId, bigint>()
  for (const { node, layers } of workers) {
    assert(Number.isSafeInteger(layers) && layers > 0, 'a worker runs at least one layer', { layers })
    weights.set(node, policy === 'equal' ? 1n : (weights.get(node) ?? 0n) + BigInt(layers))
  }
  return weights
}

/** Shares are in the order of their ids, which decides ties. */
function largestRemainder(pool: bigint, shares: readonly Share[]): readonly RewardLeg[] {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0n)
  const exact = shares.map(({ weight }, index) => ({
    index,
    floor: (pool * weight) / total,
    remainder: (pool * weight) % total,
  }))
  const left = pool - exact.reduce((sum, { floor }) => sum + floor, 0n)
  const byRemainder = exact.toSorted((a, b) => compareBigints(b.remainder, a.remainder) || a.index - b.index)
  const lucky = new Set(byRemainder.slice(0, Number(left)).map(({ index }) => index))
  return shares.map(({ node, roles }, index) => ({
    node,
    roles,
    amount: (exact[index]?.floor ?? 0n) + (lucky.has(index) ? 1n : 0n),
  }))
}

function compareIds(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function compareBigints(a: bigint, b: bigint): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
