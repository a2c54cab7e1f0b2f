import type { PartyId } from '@shardline/identity'
import { partyId } from '@shardline/identity'
import { MarketInputError } from '../errors.ts'
import type { DriverFilters } from '../reputation/filters.ts'
import type { ToJson } from './shapes/shape.ts'

/** What SQL's `bigint` holds. */
const BIGINT_MAX = 2n ** 63n - 1n

/**
 * Reads a whole number that travelled as text.
 *
 * @throws MarketInputError if it's more than the database holds.
 */
export function readWhole(field: string, text: string): bigint {
  const value = BigInt(text)
  if (value <= BIGINT_MAX) return value
  throw new MarketInputError(field, text, `at most ${BIGINT_MAX}`)
}

/** @throws PartyIdInvalidError if one of the ids has a wrong checksum. */
export function readParties(ids: readonly string[]): readonly PartyId[] {
  return ids.map((id) => partyId(id))
}

/** @throws PartyIdInvalidError if an id in a list has a wrong checksum. */
export function readFilters(filters: ToJson<DriverFilters>): DriverFilters {
  const { drivers, workers, ...others } = filters
  return {
    ...others,
    ...(drivers === undefined ? {} : { drivers: readParties(drivers) }),
    ...(workers === undefined ? {} : { workers: readParties(workers) }),
  }
}
