import type { PartyId } from '@shardline/identity'
import { sqlArray } from '@shardline/ledger'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { effectiveCapacity, shownThroughput } from '../capacity/throughput.ts'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { MarketForbiddenError, MarketInputError } from '../errors.ts'
import type { ModelId } from '../ids.ts'
import { SERVED_REQUESTS_READ_MAX, TOKENS_PER_SECOND_MAX } from '../limits.ts'
import { nowMs } from '../now-ms.ts'
import { lockModel, movePrice } from '../price/move-price.ts'
import { NUMERIC_CLASS_PATTERN, QUANTIZATION_PATTERN } from './class-patterns.ts'
import type { CapacityInit, DriverListing } from './listing.ts'
import { readListing } from './read-listing.ts'

/** What names in a report look like. */
const PATTERNS = { numericClass: NUMERIC_CLASS_PATTERN, quantization: QUANTIZATION_PATTERN } as const

/**
 * Takes a driver's word for what its pipelines of one model can do, for as long as the settings say. What counts is the
 * lower of its word and what its settled requests show; one that has shown nothing counts with a little at the most.
 *
 * The price moves when a capacity comes or changes its word, and what counts changes with it. Saying the same again in
 * time only makes it last, and what counts for nothing moves nothing: or a driver could move the price by talking.
 *
 * @throws MarketInputError, MarketNotFoundError, MarketForbiddenError unless it's registered as a driver.
 */
export function reportCapacity(
  context: MarketContext,
  who: PartyId,
  init: CapacityInit,
): Promise<DriverListing> {
  checkCapacity(context, init)
  return inMarketTransaction(context, async (transaction) => {
    await lockModel(context, transaction, init.model)
    await checkDriver(transaction, who)
    const isNews = await store(context, transaction, { who, init })
    if (isNews) {
      const locked = await lockModel(context, transaction, init.model)
      const move = { cause: 'capacity-registered', demandDelta: 0n } as const
      await movePrice(context, transaction, { locked, move })
    }
    return readListing(context, transaction, { model: init.model, driver: who })
  })
}

function checkCapacity({ settings }: MarketContext, init: CapacityInit): void {
  const { tokensPerSecond, workers } = init
  if (!(tokensPerSecond >= 0 && tokensPerSecond <= TOKENS_PER_SECOND_MAX)) {
    throw new MarketInputError(
      'tokens per second',
      String(tokensPerSecond),
      `from 0 to ${TOKENS_PER_SECOND_MAX}`,
    )
  }
  for (const field of ['numericClass', 'quantization'] as const) {
    if (new RegExp(PATTERNS[field]).test(init[field])) continue
    throw new MarketInputError(field, init[field], `text that matches ${PATTERNS[field]}`)
  }
  if (workers.length > settings.workersPerRequestMax) {
    throw new MarketInputError(
      'workers',
      `${workers.length} of them`,
      `at most ${settings.workersPerRequestMax}`,
    )
  }
}

/** Locks the node too, so that it can't leave before its capacity is there to be taken off. */
async function checkDriver(transaction: MarketTransaction, who: PartyId): Promise<void> {
  const node = await transaction
    .selectFrom('market.nodes')
    .select('roles')
    .where('node', '=', who)
    .forShare()
    .executeTakeFirst()
  if (node?.roles.includes('driver') !== true) {
    throw new MarketForbiddenError('report capacity', 'a registered driver')
  }
}

interface Report {
  readonly who: PartyId
  readonly init: CapacityInit
}

/** Stores a report; tells whether it's news. */
async function store(
  context: MarketContext,
  transaction: MarketTransaction,
  { who, init }: Report,
): Promise<boolean> {
  const now = nowMs(context)
  const before = await transaction
    .selectFrom('market.capacities')
    .selectAll()
    .where('model', '=', init.model)
    .where('driver', '=', who)
    .executeTakeFirst()
  const reported = BigInt(Math.floor(init.tokensPerSecond * 1000))
  const shown =
    (await readShownLately(context, transaction, { who, init })) ?? before?.shown_mtps ?? undefined
  const unprovenMax = BigInt(Math.floor(context.settings.unprovenTokensPerSecondMax * 1000))
  const effective = effectiveCapacity({ reported, shown, unprovenMax })
  const isLive = before !== undefined && before.expires_at_ms > now
  const row = {
    reported_mtps: reported,
    shown_mtps: shown ?? null,
    effective_mtps: effective,
    numeric_class: init.numericClass,
    quantization: init.quantization,
    workers: sqlArray('text', [...new Set(init.workers)]) as RawBuilder<readonly string[]>,
    since_ms: isLive ? before.since_ms : now,
    expires_at_ms: now + BigInt(context.settings.capacityMsMax),
  }
  await transaction
    .insertInto('market.capacities')
    .values({ model: init.model, driver: who, ...row })
    .onConflict((conflict) => conflict.columns(['model', 'driver']).doUpdateSet(row))
    .execute()
  if (!isLive) return effective > 0n
  return before.reported_mtps !== reported && before.effective_mtps !== effective
}

/** What a driver's settled requests of the last window show; undefined if there were none. */
async function readShownLately(
  context: MarketContext,
  transaction: MarketTransaction,
  { who, init }: Report,
): Promise<bigint | undefined> {
  const since = nowMs(context) - BigInt(context.settings.shownWindowMs)
  const rows = await transaction
    .selectFrom('market.requests')
    .select(['claimed_at_ms', 'delivered_at_ms'])
    .select(sql<number>`(settlement_plan->>'outputTokens')::integer`.as('tokens'))
    .where('driver', '=', who)
    .where('model', '=', init.model satisfies ModelId)
    .where('delivered_at_ms', '>=', since)
    .where('settlement_plan', 'is not', null)
    .orderBy('delivered_at_ms', 'desc')
    .limit(SERVED_REQUESTS_READ_MAX)
    .execute()
  return shownThroughput(
    rows
      .filter(({ tokens }) => tokens > 0)
      .map(({ claimed_at_ms, delivered_at_ms, tokens }) => ({
        startMs: Number(claimed_at_ms ?? 0n),
        endMs: Number(delivered_at_ms ?? 0n),
        tokens,
      })),
  )
}
