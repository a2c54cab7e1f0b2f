import { assert } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import { formatPrice } from '../price/price-rule.ts'
import type { Bill } from './bill.ts'
import type { RewardSplit } from './split.ts'

/**
 * How the escrow of an ended request is divided: written down in the transaction that ends it, and carried out on the
 * ledger afterwards, as often as it takes. Amounts in microcredits; payouts + fee = billed, billed + refund = hold.
 */
export interface SettlementPlan {
  readonly billed: bigint
  readonly fee: bigint
  readonly refund: bigint
  /** Microcredits per 1,000,000 tokens that were applied, as an exact decimal; '0' when no tokens are billed. */
  readonly price: string
  readonly promptTokens: number
  readonly outputTokens: number
  /** Each above 0. */
  readonly payouts: readonly { readonly node: PartyId; readonly amount: bigint }[]
}

/** The plan that gives everything back. */
export function refundPlan(hold: bigint): SettlementPlan {
  return feePlan(hold, 0n)
}

/** The plan that keeps a fee, for a request that was taken back, and gives the rest back. */
export function feePlan(hold: bigint, fee: bigint): SettlementPlan {
  assert(fee >= 0n && fee <= hold, 'a fee is a part of the hold', { hold, fee })
  return {
    billed: fee,
    fee,
    refund: hold - fee,
    price: '0',
    promptTokens: 0,
    outputTokens: 0,
    payouts: [],
  }
}

/** The plan that pays a bill as it was split. */
export function billPlan(bill: Bill, { fee, legs }: RewardSplit): SettlementPlan {
  const payouts = legs.filter(({ amount }) => amount > 0n).map(({ node, amount }) => ({ node, amount }))
  const paid = payouts.reduce((sum, { amount }) => sum + amount, fee)
  assert(paid === bill.billed, 'payouts and fee are what is billed', { paid, billed: bill.billed })
  return {
    billed: bill.billed,
    fee,
    refund: bill.refund,
    price: formatPrice(bill.price),
    promptTokens: bill.promptTokens,
    outputTokens: bill.outputTokens,
    payouts,
  }
}

/** A plan as `market.requests.settlement_plan` holds it: amounts as decimals, since JSON's numbers are too small. */
export function writePlan(plan: SettlementPlan): string {
  return JSON.stringify(plan, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

interface StoredPlan {
  readonly billed: string
  readonly fee: string
  readonly refund: string
  readonly price: string
  readonly promptTokens: number
  readonly outputTokens: number
  readonly payouts: readonly { readonly node: PartyId; readonly amount: string }[]
}

/** Reads what {@link writePlan} wrote; undefined for a request that has no plan yet. */
export function readPlan(stored: unknown): SettlementPlan | undefined {
  if (stored === null || stored === undefined) return undefined
  const { billed, fee, refund, payouts, ...rest } = stored as StoredPlan
  return {
    ...rest,
    billed: BigInt(billed),
    fee: BigInt(fee),
    refund: BigInt(refund),
    payouts: payouts.map(({ node, amount }) => ({ node, amount: BigInt(amount) })),
  }
}
