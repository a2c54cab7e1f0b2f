import { assert } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import { sql } from 'kysely'
import type { MarketContext } from '../context.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { fairPrice } from '../price/fair-price.ts'
import { priceFromMicrocredits } from '../price/price-rule.ts'
import type { ScaledPrice } from '../price/price-rule.ts'
import { readParticipants } from '../request/participants.ts'
import type { RequestRow } from '../request/request-row.ts'
import { bill } from './bill.ts'
import type { Bill } from './bill.ts'
import { readHiddenElsewhere, readShown } from './read-served.ts'
import { billPlan } from './settlement-plan.ts'
import type { SettlementPlan } from './settlement-plan.ts'
import { splitReward } from './split.ts'

/**
 * Works out how the escrow of a delivered request is divided: the tokens that were delivered and acknowledged, at the
 * fair price, split between those who took part under its fence.
 */
export async function planSettlement(
  context: MarketContext,
  transaction: MarketTransaction,
  row: RequestRow,
): Promise<SettlementPlan> {
  const participants = readParticipants(row.participants)
  assert(participants !== undefined, 'a delivered request has participants', { id: row.id })
  const fair = await readFairPrice(context, transaction, row)
  const billed = bill({
    lockedPrice: BigInt(row.locked_price) as ScaledPrice,
    fair,
    promptTokensBound: row.prompt_tokens_max,
    maxTokens: row.output_tokens_max,
    claimed: { prompt: row.delivered_prompt, output: row.delivered_output },
    acknowledged: { prompt: row.acknowledged_prompt, output: row.acknowledged_output },
    hold: row.hold,
  })
  return billPlan(billed, splitOf(context, row, billed))
}

function splitOf(context: MarketContext, row: RequestRow, { billed }: Bill): ReturnType<typeof splitReward> {
  const participants = readParticipants(row.participants)
  const workers = participants?.workers ?? []
  return splitReward({
    billed,
    feeBps: context.settings.feeBps,
    driver: row.driver as PartyId,
    validator: participants?.validator ?? (row.driver as PartyId),
    workers: workers.map(({ node, first, last }) => ({ node, layers: last - first + 1 })),
    policy: context.settings.workerSplit,
  })
}

async function readFairPrice(
  context: MarketContext,
  transaction: MarketTransaction,
  row: RequestRow,
): Promise<ScaledPrice> {
  const model = await transaction
    .selectFrom('market.models')
    .select('base_price')
    .where('model', '=', row.model)
    .executeTakeFirstOrThrow()
  return fairPrice({
    base: priceFromMicrocredits(model.base_price),
    locked: BigInt(row.locked_price) as ScaledPrice,
    demand: [{ fate: 'served', maxTokens: 0n, deliveredTokens: await readServedDemand(transaction, row) }],
    supplyAtLockTps: row.lock_supply_mtps,
    driverReportedAtLockTps: row.lock_driver_mtps,
    driverShownTps: await readShown(context, transaction, row),
    hiddenElsewhereTps: await readHiddenElsewhere(transaction, row),
  })
}

/**
 * Output tokens billed for the other requests that counted as demand when this one's price was locked. Requests that
 * are still open, or ended without a bill, add nothing.
 */
async function readServedDemand(transaction: MarketTransaction, row: RequestRow): Promise<bigint> {
  const { tokens } = await transaction
    .selectFrom('market.requests')
    .select(sql<bigint>`coalesce(sum((settlement_plan->>'outputTokens')::bigint), 0)::bigint`.as('tokens'))
    .where('model', '=', row.model)
    .where('demand_from_seq', '<=', row.lock_seq)
    .where((where) =>
      where.or([where('demand_to_seq', 'is', null), where('demand_to_seq', '>', row.lock_seq)]),
    )
    .where('id', '<>', row.id)
    .executeTakeFirstOrThrow()
  return tokens
}
