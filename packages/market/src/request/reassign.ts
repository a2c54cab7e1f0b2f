import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { FilterUnmetError, RequestStateError } from '../errors.ts'
import type { ModelId } from '../ids.ts'
import { readListing } from '../node/read-listing.ts'
import { nowMs } from '../now-ms.ts'
import type { ScaledPrice } from '../price/price-rule.ts'
import { matchesFilters } from '../reputation/filters.ts'
import type { DriverFilters } from '../reputation/filters.ts'
import { publishRequest } from './change-state.ts'
import type { ReassignInit } from './inputs.ts'
import { checkUser, lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Request } from './request.ts'
import { sealedBytes } from './sealed-bytes.ts'
import { toRequest } from './to-request.ts'

/**
 * Moves a waiting request to another driver at its locked price; the user has sealed the prompt again, to that one. It
 * keeps its place by its age. Sent again with the same ciphertext it changes nothing.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, MarketInputError, MarketLimitError, FilterUnmetError,
 * RequestStateError unless it waits.
 */
export function reassign(context: MarketContext, who: PartyId, init: ReassignInit): Promise<Request> {
  const sealed = sealedBytes(context, init.sealedPrompt)
  return inMarketTransaction(context, async (transaction) => {
    const row = await lockRequest(transaction, init.id)
    checkUser(row, who, 'reassign it')
    if (await isDone(transaction, row, { driver: init.driver, sealed })) return toRequest(row)
    if (row.state !== 'PENDING') throw new RequestStateError(row.id, row.state, 'reassign')
    if (row.deadline_ms <= nowMs(context)) {
      throw new RequestStateError(row.id, 'PENDING past its deadline', 'reassign')
    }
    const listing = await readListing(context, transaction, {
      model: row.model as ModelId,
      driver: init.driver,
    })
    const work = { price: BigInt(row.locked_price) as ScaledPrice, outputTokensMax: row.output_tokens_max }
    const outcome = matchesFilters(listing, row.filters as DriverFilters, work)
    if (!outcome.matches) throw new FilterUnmetError(init.driver, outcome.because)
    await transaction
      .updateTable('market.sealed_prompts')
      .set({ sealed })
      .where('request', '=', row.id)
      .execute()
    const changed = await transaction
      .updateTable('market.requests')
      .set({
        driver: init.driver,
        lock_driver_mtps: await readCountedAtLock(transaction, row, init.driver),
      })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    await publishRequest(transaction, changed)
    return toRequest(changed)
  })
}

/** Whether the request was moved to this driver with this ciphertext before: the user lost the answer. */
async function isDone(
  transaction: MarketTransaction,
  row: RequestRow,
  { driver, sealed }: { readonly driver: PartyId; readonly sealed: Uint8Array },
): Promise<boolean> {
  if (row.driver !== driver) return false
  const before = await transaction
    .selectFrom('market.sealed_prompts')
    .select('sealed')
    .where('request', '=', row.id)
    .executeTakeFirst()
  return before !== undefined && Buffer.from(before.sealed).equals(sealed)
}

/**
 * What a driver counted with when the request's price was locked, as the fair price takes it: nothing, if it came since.
 * It may count with more by now, but not with more than all of them did then.
 */
async function readCountedAtLock(
  transaction: MarketTransaction,
  row: RequestRow,
  driver: PartyId,
): Promise<bigint> {
  const capacity = await transaction
    .selectFrom('market.capacities')
    .select('effective_mtps')
    .where('model', '=', row.model)
    .where('driver', '=', driver)
    .where('since_ms', '<=', row.created_at_ms)
    .executeTakeFirst()
  const counted = capacity?.effective_mtps ?? 0n
  return counted < row.lock_supply_mtps ? counted : row.lock_supply_mtps
}
