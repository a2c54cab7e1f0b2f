import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
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
import type { Request } from './request.ts'
import { sealedBytes } from './sealed-bytes.ts'
import { toRequest } from './to-request.ts'

/**
 * Moves a waiting request to another driver at its locked price; the user has sealed the prompt again, to that one.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, MarketInputError, MarketLimitError, FilterUnmetError,
 * RequestStateError unless it waits.
 */
export function reassign(context: MarketContext, who: PartyId, init: ReassignInit): Promise<Request> {
  const sealed = sealedBytes(context, init.sealedPrompt)
  return inMarketTransaction(context, async (transaction) => {
    const row = await lockRequest(transaction, init.id)
    checkUser(row, who, 'reassign it')
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
        lock_driver_mtps: BigInt(Math.round(listing.tokensPerSecond * 1000)),
      })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    await publishRequest(transaction, changed)
    return toRequest(changed)
  })
}
