import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import type { ModelId } from '../ids.ts'
import { readPrice } from '../price/read-prices.ts'
import { matchesFilters } from '../reputation/filters.ts'
import type { DriverFilters } from '../reputation/filters.ts'
import type { DriverListing } from './listing.ts'
import { readListings } from './read-listing.ts'

/**
 * Drivers with live capacity that meet a user's filters, best first: by the ratio of successes that they beat with 95 %
 * confidence, then by tokens per second.
 *
 * @throws MarketNotFoundError if there is no such model; MarketInputError for filters that are none.
 */
export async function listDrivers(
  context: MarketContext,
  model: ModelId,
  filters: DriverFilters = {},
): Promise<readonly DriverListing[]> {
  const tables = marketTables(context)
  const { current: price } = await readPrice(context, tables, model)
  const listings = await readListings(context, tables, { model })
  return listings
    .filter((listing) => matchesFilters(listing, filters, { price }).matches)
    .toSorted(
      (a, b) =>
        b.reputation.score - a.reputation.score ||
        b.tokensPerSecond - a.tokensPerSecond ||
        (a.driver < b.driver ? -1 : 1),
    )
    .slice(0, context.settings.pageItemsMax)
}
