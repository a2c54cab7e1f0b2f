import { assert } from '@shardline/core'
import { amountOf } from '../price/price-rule.ts'
import type { ScaledPrice } from '../price/price-rule.ts'
import type { TokenCounts } from '../request/request.ts'

/** What a bill is made from. */
export interface BillInit {
  readonly lockedPrice: ScaledPrice
  /** What `fairPrice` says. */
  readonly fair: ScaledPrice
  /** Prompt tokens that the user announced. */
  readonly promptTokensBound: number
  /** Output tokens that the user asked for. */
  readonly maxTokens: number
  /** Tokens that the receipts claim. */
  readonly claimed: TokenCounts
  /** Tokens that the user says it got. */
  readonly acknowledged: TokenCounts
  /** Microcredits in escrow for this request. */
  readonly hold: bigint
}

/** How much of a hold is owed. */
export interface Bill {
  readonly promptTokens: number
  readonly outputTokens: number
  /** The price that was applied. */
  readonly price: ScaledPrice
  /** Microcredits. */
  readonly billed: bigint
  /** Microcredits that go back to the user: billed + refund = hold. */
  readonly refund: bigint
}

/**
 * Bills what was claimed, acknowledged and asked for, whichever is least, for each kind of token; at the fair price, at
 * most the locked one. Rounded once, up to the next microcredit; never above the hold.
 */
export function bill(init: BillInit): Bill {
  const { claimed, acknowledged, hold } = init
  const promptTokens = Math.min(claimed.prompt, acknowledged.prompt, init.promptTokensBound)
  const outputTokens = Math.min(claimed.output, acknowledged.output, init.maxTokens)
  const price = init.fair < init.lockedPrice ? init.fair : init.lockedPrice
  assert(Number.isSafeInteger(promptTokens) && promptTokens >= 0, 'prompt tokens are a count', {
    promptTokens,
  })
  assert(Number.isSafeInteger(outputTokens) && outputTokens >= 0, 'output tokens are a count', {
    outputTokens,
  })
  const amount = amountOf(price, BigInt(promptTokens + outputTokens))
  const billed = amount < hold ? amount : hold
  return { promptTokens, outputTokens, price, billed, refund: hold - billed }
}
