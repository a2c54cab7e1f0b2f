import type { MarketContext } from '../context.ts'
import { FilterUnmetError, MarketInputError, PriceAboveMaxError } from '../errors.ts'
import { PRIORITY_MAX } from '../limits.ts'
import type { DriverListing } from '../node/listing.ts'
import type { LockedModel } from '../price/move-price.ts'
import { formatPrice, parsePrice } from '../price/price-rule.ts'
import { matchesFilters } from '../reputation/filters.ts'
import { checkTokens, checkWhole } from './check-tokens.ts'
import type { OpenInit } from './inputs.ts'

const COMMITMENT = /^[0-9a-f]{64}$/

/** @throws MarketInputError that names the first field that isn't what it must be. */
export function checkOpen(context: MarketContext, init: OpenInit): void {
  checkTokens(context, init)
  if (init.maxTimeMs !== undefined) checkWhole('max time', init.maxTimeMs, context.settings.requestMsMax)
  const { priority = 0, promptCommitment, maxPrice } = init
  if (!(Number.isInteger(priority) && priority >= 0 && priority <= PRIORITY_MAX)) {
    throw new MarketInputError('priority', String(priority), `a whole number from 0 to ${PRIORITY_MAX}`)
  }
  if (promptCommitment !== undefined && !COMMITMENT.test(promptCommitment)) {
    throw new MarketInputError('prompt commitment', promptCommitment, '32 bytes in hex')
  }
  if (maxPrice !== undefined) parsePrice(maxPrice)
}

/**
 * Whether the price and the driver are what the user asked for.
 *
 * @throws PriceAboveMaxError, FilterUnmetError
 */
export function checkTerms(
  { current }: LockedModel,
  { listing, init }: { readonly listing: DriverListing; readonly init: OpenInit },
): void {
  for (const maxPrice of [init.maxPrice, init.filters?.maxPrice]) {
    if (maxPrice !== undefined && current > parsePrice(maxPrice)) {
      throw new PriceAboveMaxError(formatPrice(current), maxPrice)
    }
  }
  if (init.filters === undefined) return
  const work = { price: current, outputTokensMax: init.outputTokensMax }
  const outcome = matchesFilters(listing, init.filters, work)
  if (!outcome.matches) throw new FilterUnmetError(listing.driver, outcome.because)
}
