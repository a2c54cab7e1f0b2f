import { assert } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import { sql } from 'kysely'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { MarketForbiddenError } from '../errors.ts'
import { requestId } from '../ids.ts'
import type { ModelId, RequestId } from '../ids.ts'
import { nowMs } from '../now-ms.ts'
import { formatPrice } from '../price/price-rule.ts'
import type { ScaledPrice } from '../price/price-rule.ts'
import type { DriverFilters } from '../reputation/filters.ts'
import { changeState } from './change-state.ts'
import { checkDeadline, checkEvent } from './check-event.ts'
import type { ClaimInit, ClaimedWork } from './inputs.ts'
import { lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'

/**
 * Gives a driver one of its waiting requests, with a lease and the next fence: of any number of claims of a request one
 * wins. Without an id it's the first in line (highest priority, then oldest) that nobody else is about to take;
 * undefined when there's none. With a key that a held claim was made with, it's that work again.
 *
 * @throws MarketInputError; for claims by id MarketNotFoundError, MarketForbiddenError, and RequestStateError when
 * somebody else was faster.
 */
export function claim(
  context: MarketContext,
  who: PartyId,
  init: ClaimInit = {},
): Promise<ClaimedWork | undefined> {
  const key = init.key === undefined ? null : requestId(init.key)
  return inMarketTransaction(context, async (transaction) => {
    const before = key === null ? undefined : await sentBefore(transaction, { who, key, id: init.id })
    if (before !== undefined) return toWork(transaction, before)
    const row =
      init.id === undefined
        ? await firstInLine(context, transaction, { who, models: init.models })
        : await namedRequest(context, transaction, { who, id: init.id })
    if (row === undefined) return undefined
    return toWork(transaction, await take(context, transaction, { row, key }))
  })
}

interface HeldQuery {
  readonly who: PartyId
  readonly key: string
  readonly id: RequestId | undefined
}

/**
 * The request that a driver claimed with this key and still holds. Claims with one key wait for each other: who sends one
 * again while the first is still under way gets the same work, and not another.
 */
async function sentBefore(transaction: MarketTransaction, query: HeldQuery): Promise<RequestRow | undefined> {
  const lock = `claim/${query.who}/${query.key}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(transaction)
  return heldByKey(transaction, query)
}

function heldByKey(
  transaction: MarketTransaction,
  { who, key, id }: HeldQuery,
): Promise<RequestRow | undefined> {
  let query = transaction
    .selectFrom('market.requests')
    .selectAll()
    .where('driver', '=', who)
    .where('claim_key', '=', key)
    .where('state', 'in', ['CLAIMED', 'RUNNING'])
  if (id !== undefined) query = query.where('id', '=', id)
  return query.limit(1).executeTakeFirst()
}

async function namedRequest(
  context: MarketContext,
  transaction: MarketTransaction,
  { who, id }: { readonly who: PartyId; readonly id: RequestId },
): Promise<RequestRow> {
  const row = await lockRequest(transaction, id)
  if (row.driver !== who) throw new MarketForbiddenError('claim it', "the request's driver")
  checkEvent(row, 'claim')
  checkDeadline(row, nowMs(context), 'claim')
  return row
}

function firstInLine(
  context: MarketContext,
  transaction: MarketTransaction,
  { who, models }: { readonly who: PartyId; readonly models: readonly ModelId[] | undefined },
): Promise<RequestRow | undefined> {
  if (models?.length === 0) return Promise.resolve(undefined)
  let query = transaction
    .selectFrom('market.requests')
    .selectAll()
    .where('state', '=', 'PENDING')
    .where('driver', '=', who)
    .where('deadline_ms', '>', nowMs(context))
  if (models !== undefined) query = query.where('model', 'in', models)
  return query
    .orderBy('priority', 'desc')
    .orderBy('submitted_at_ms')
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
}

function take(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, key }: { readonly row: RequestRow; readonly key: string | null },
): Promise<RequestRow> {
  const now = nowMs(context)
  const set = {
    fence: row.fence + 1,
    attempts: row.attempts + 1,
    claimed_at_ms: now,
    claim_key: key,
    lease_until_ms: now + BigInt(context.settings.claimLeaseMs),
  }
  return changeState(context, transaction, { row, change: { event: 'claim', set } })
}

async function toWork(transaction: MarketTransaction, row: RequestRow): Promise<ClaimedWork> {
  const { sealed } = await transaction
    .selectFrom('market.sealed_prompts')
    .select('sealed')
    .where('request', '=', row.id)
    .executeTakeFirstOrThrow()
  assert(row.lease_until_ms !== null, 'a claimed request has a lease', { id: row.id })
  return {
    id: row.id as RequestId,
    model: row.model as ModelId,
    user: row.payer as PartyId,
    fence: row.fence,
    leaseUntilMs: Number(row.lease_until_ms),
    deadlineMs: Number(row.deadline_ms),
    lockedPrice: formatPrice(BigInt(row.locked_price) as ScaledPrice),
    hold: row.hold,
    promptTokensMax: row.prompt_tokens_max,
    outputTokensMax: row.output_tokens_max,
    filters: row.filters as DriverFilters,
    sealedPrompt: Buffer.from(sealed).toString('base64'),
  }
}
