import type { PartyId } from '@shardline/identity'
import { sql } from 'kysely'
import { readAvailable } from '../account/credits.ts'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { CreditsInsufficientError, MarketLimitError, RequestExistsError } from '../errors.ts'
import { HOLD_MAX } from '../limits.ts'
import type { DriverListing } from '../node/listing.ts'
import { readListing } from '../node/read-listing.ts'
import { nowMs } from '../now-ms.ts'
import { lockModel } from '../price/move-price.ts'
import type { LockedModel } from '../price/move-price.ts'
import { affordableTokens, amountOf } from '../price/price-rule.ts'
import type { ScaledPrice } from '../price/price-rule.ts'
import { placeHold } from '../settlement/place-hold.ts'
import { changeState, publishRequest } from './change-state.ts'
import { checkOpen, checkTerms } from './check-open.ts'
import type { OpenInit } from './inputs.ts'
import { lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Request } from './request.ts'
import { sameRequest, writeFilters } from './same-request.ts'
import type { Opening } from './same-request.ts'
import { toRequest } from './to-request.ts'

/**
 * Opens a request: locks the price as it is before this request's own demand, and holds the escrow for all tokens that
 * it may take. The row is written first and the hold placed then, by an id that follows from the request's; so whoever
 * does it again, after a crash or a lost answer, holds nothing twice.
 *
 * @throws MarketInputError, MarketNotFoundError, PriceAboveMaxError, FilterUnmetError, MarketLimitError,
 * CreditsInsufficientError, RequestExistsError if the id was used for another request.
 */
export async function open(context: MarketContext, who: PartyId, init: OpenInit): Promise<Request> {
  checkOpen(context, init)
  const written = await inMarketTransaction(context, (transaction) =>
    write(context, transaction, { who, init }),
  )
  if ('price' in written) throw await shortage(context, { who, ...written })
  const row = written
  if (row.state === 'REFUSED') throw await insufficient(context, row)
  if (row.is_held || row.state !== 'QUOTED') return toRequest(row)
  const hold = await placeHold(context, row)
  const after = await inMarketTransaction(context, (transaction) => note(context, transaction, { row, hold }))
  if (after.state === 'REFUSED') throw await insufficient(context, after)
  return toRequest(after)
}

/** An escrow that no account can hold. */
interface Unpayable {
  readonly hold: bigint
  readonly price: ScaledPrice
}

/** Writes the request's row, or reads the one that this call wrote before. */
async function write(
  context: MarketContext,
  transaction: MarketTransaction,
  { who, init }: Opening,
): Promise<RequestRow | Unpayable> {
  await waitForOwn(transaction, who)
  const before = await transaction
    .selectFrom('market.requests')
    .selectAll()
    .where('id', '=', init.id)
    .executeTakeFirst()
  if (before !== undefined) return sameRequest(context, before, { who, init })
  await checkRoom(context, transaction, who)
  const locked = await lockModel(context, transaction, init.model)
  const listing = await readListing(context, transaction, { model: init.model, driver: init.driver })
  checkTerms(locked, { listing, init })
  const hold = amountOf(locked.current, BigInt(init.promptTokensMax + init.outputTokensMax))
  if (hold > HOLD_MAX) return { hold, price: locked.current }
  const row = await insert(context, transaction, { who, init, locked, listing, hold })
  if (row === undefined) throw new RequestExistsError(init.id, 'user')
  await publishRequest(transaction, row)
  return row
}

/**
 * Openings of one user wait for each other: so their number stays within its limit, and one that is sent twice at the
 * same time is written once and read by the other.
 */
async function waitForOwn(transaction: MarketTransaction, who: PartyId): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${who}, 0))`.execute(transaction)
}

/** @throws MarketLimitError if the user has as many open requests as it may. */
async function checkRoom(
  { settings }: MarketContext,
  transaction: MarketTransaction,
  who: PartyId,
): Promise<void> {
  const { count } = await transaction
    .selectFrom('market.requests')
    .select(sql<bigint>`count(*)::bigint`.as('count'))
    .where('payer', '=', who)
    .where('state', 'in', ['QUOTED', 'PENDING', 'CLAIMED', 'RUNNING', 'DELIVERED'])
    .executeTakeFirstOrThrow()
  if (Number(count) >= settings.openRequestsPerUserMax) {
    throw new MarketLimitError('open requests', Number(count) + 1, settings.openRequestsPerUserMax)
  }
}

interface NewRequest extends Opening {
  readonly locked: LockedModel
  readonly listing: DriverListing
  readonly hold: bigint
}

function insert(
  context: MarketContext,
  transaction: MarketTransaction,
  { who, init, locked, listing, hold }: NewRequest,
): Promise<RequestRow | undefined> {
  const now = nowMs(context)
  return transaction
    .insertInto('market.requests')
    .values({
      id: init.id,
      state: 'QUOTED',
      model: init.model,
      payer: who,
      driver: init.driver,
      locked_price: String(locked.current),
      hold,
      prompt_tokens_max: init.promptTokensMax,
      output_tokens_max: init.outputTokensMax,
      priority: init.priority ?? 0,
      filters: writeFilters(init),
      prompt_commitment: init.promptCommitment ?? null,
      created_at_ms: now,
      deadline_ms: now + BigInt(init.maxTimeMs ?? context.settings.requestMsDefault),
      lock_seq: locked.seq,
      lock_supply_mtps: locked.supplyTps,
      lock_driver_mtps: BigInt(Math.round(listing.tokensPerSecond * 1000)),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst()
}

/** Notes what became of the hold; a request that ended meanwhile stays as it is, and settling it releases the hold. */
async function note(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, hold }: { readonly row: RequestRow; readonly hold: 'held' | 'insufficient' },
): Promise<RequestRow> {
  const now = await lockRequest(transaction, row.id as OpenInit['id'])
  if (now.state !== 'QUOTED' || now.is_held) return now
  if (hold === 'insufficient') {
    const change = { event: 'refuse', reason: 'insufficient-credits' } as const
    return changeState(context, transaction, { row: now, change })
  }
  return transaction
    .updateTable('market.requests')
    .set({ is_held: true })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

function insufficient(context: MarketContext, row: RequestRow): Promise<CreditsInsufficientError> {
  const price = BigInt(row.locked_price) as ScaledPrice
  return shortage(context, { who: row.payer as PartyId, hold: row.hold, price })
}

async function shortage(
  context: MarketContext,
  { who, hold, price }: Unpayable & { readonly who: PartyId },
): Promise<CreditsInsufficientError> {
  const available = await readAvailable(context.ledger, who)
  return new CreditsInsufficientError({
    hold,
    available,
    affordableTokens: affordableTokens(price, available),
  })
}
