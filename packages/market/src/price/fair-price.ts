import { assert } from '@shardline/core'
import { CANCEL_FEE_BPS } from '../limits.ts'
import { divideUp } from './fixed-point.ts'
import { nextPrice } from './price-rule.ts'
import type { ScaledPrice } from './price-rule.ts'

/** The requests of one fate that counted as demand when another one's price was locked, added up. */
export interface DemandSum {
  /** Output tokens that they asked for. */
  readonly maxTokens: bigint
  /** Output tokens that were billed for them; 0 unless `served`. */
  readonly deliveredTokens: bigint
  /**
   * How they stand when the bill is made. `served`: billed. `open`: may still be served, or taken back.
   * `unserved`: cancelled, expired, refused, or failed with nothing billed.
   */
  readonly fate: 'served' | 'open' | 'unserved'
}

/** What is known, when a bill is made, of the market at the time its price was locked. */
export interface FairPriceInit {
  readonly base: ScaledPrice
  readonly locked: ScaledPrice
  /** Requests of the model that counted as demand at the lock, without the one that is billed. */
  readonly demand: readonly DemandSum[]
  /** Thousandths of a token per second that counted as supply at the lock, over all drivers. */
  readonly supplyAtLockTps: bigint
  /** The part of it that the serving driver counted with; 0 when it had withdrawn. */
  readonly driverReportedAtLockTps: bigint
  /** What the serving driver's receipts show by now, this request's included. */
  readonly driverShownTps: bigint
  /**
   * What other drivers' receipts since the lock show beyond what they counted with at the lock, added up: for an
   * operator who hides capacity behind several identities. @default 0n
   */
  readonly hiddenElsewhereTps?: bigint
}

/**
 * The price that is billed: the locked one, or less. What lowers it is one step of the price rule from the base, made
 * with the demand that was really there (tokens billed for the requests that were alive at the lock) and the supply
 * that was really there (what the driver counted with or has shown since, whichever is more).
 *
 * Every event sets the price to at least `0.8 * base + 0.2 * target`, so an honest market's locked price is never below
 * that step: how often the price was moved, and by which events, changes the quote and never the bill. Why each part
 * is needed, and what an attacker still gains: docs/internals/price-attacks.md.
 *
 * Demand that is still open counts nothing, because it can be taken back after this bill is paid.
 */
export function fairPrice(init: FairPriceInit): ScaledPrice {
  const demandTokens = realDemand(init.demand)
  const state = { base: init.base, current: init.base, demandTokens }
  const prices = [init.locked, nextPrice({ ...state, supplyTps: realSupply(init) })]
  if (init.supplyAtLockTps === 0n) prices.push(nextPrice({ ...state, supplyTps: 0n }))
  return prices.reduce((lowest, price) => (price < lowest ? price : lowest))
}

function realDemand(demand: readonly DemandSum[]): bigint {
  let tokens = 0n
  for (const { fate, deliveredTokens } of demand) {
    if (fate === 'served') tokens += deliveredTokens
  }
  return tokens
}

function realSupply(init: FairPriceInit): bigint {
  const { supplyAtLockTps, driverReportedAtLockTps, driverShownTps } = init
  assert(supplyAtLockTps >= driverReportedAtLockTps, "a driver's capacity is part of the supply", {
    supplyAtLockTps,
    driverReportedAtLockTps,
  })
  const driver = driverReportedAtLockTps > driverShownTps ? driverReportedAtLockTps : driverShownTps
  return supplyAtLockTps - driverReportedAtLockTps + driver + (init.hiddenElsewhereTps ?? 0n)
}

/**
 * What a user pays for taking a waiting request back, in microcredits: a part of its hold, rounded up, because the
 * request has moved the price for others. A request that expires or fails costs nothing.
 *
 * @param feeBps basis points of the hold, 0 to 10,000.
 */
export function cancelFee(hold: bigint, feeBps: number = CANCEL_FEE_BPS): bigint {
  assert(hold >= 0n, 'a hold is never negative', { hold })
  return divideUp(hold * BigInt(feeBps), 10_000n)
}
