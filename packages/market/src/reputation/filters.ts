import type { PartyId } from '@shardline/identity'
import type { DriverListing } from '../node/listing.ts'
import { parsePrice } from '../price/price-rule.ts'
import type { ScaledPrice } from '../price/price-rule.ts'

/** What a user demands of the driver and the workers of a request. What isn't set, isn't demanded. */
export interface DriverFilters {
  /** Only these drivers. */
  readonly drivers?: readonly PartyId[]
  /**
   * Only these workers may take part, which {@link foreignWorker} checks when the driver names them. A driver matches
   * if one of its workers is on the list, or if it has none and runs all layers itself.
   */
  readonly workers?: readonly PartyId[]
  /**
   * Every worker that serves behind the driver must be on the list of `workers`, whether it takes part or not. Without
   * a list, only drivers that run all layers themselves match.
   */
  readonly trustedWorkersOnly?: boolean
  /** Requests that the driver has completed at the least. */
  readonly completedMin?: number
  /**
   * Lowest success ratio, 0 to 1, of the driver's score: the ratio that it beats with 95 % confidence. The bare ratio
   * would let a driver with one good answer pass for perfect.
   */
  readonly successRatioMin?: number
  /** Lowest share of comparisons won, 0 to 1. A driver with too few comparisons to show one doesn't match. */
  readonly preferenceMin?: number
  /** Region or its beginning: `us` matches `us-ca`. */
  readonly region?: string
  /** Microcredits per 1,000,000 tokens, as a decimal. */
  readonly maxPrice?: string
  /** Milliseconds that the answer may take at the driver's throughput. */
  readonly maxTimeMs?: number
  readonly numericClass?: string
  readonly quantization?: string
}

/** Why a driver doesn't match: the filter that isn't met. */
export type FilterMiss = keyof DriverFilters

/** Whether a driver meets a user's filters. */
export type FilterOutcome =
  { readonly matches: true } | { readonly matches: false; readonly because: FilterMiss }

/** What is to be run, as far as it's known; filters that need what isn't known are met. */
export interface FilterWork {
  /** The model's price now. */
  readonly price?: ScaledPrice
  readonly outputTokensMax?: number
}

type Rule = (listing: DriverListing, filters: DriverFilters, work: FilterWork) => boolean

/** For each filter, whether a driver meets it; in the order in which a miss is reported. */
const RULES: Readonly<Record<FilterMiss, Rule>> = {
  drivers: ({ driver }, { drivers }) => drivers === undefined || drivers.includes(driver),
  trustedWorkersOnly: (listing, filters) =>
    filters.trustedWorkersOnly !== true || foreignWorker(listing.workers, filters) === undefined,
  workers: (listing, { workers }) =>
    workers === undefined ||
    listing.workers.length === 0 ||
    listing.workers.some((worker) => workers.includes(worker)),
  numericClass: (listing, { numericClass }) =>
    numericClass === undefined || listing.numericClass === numericClass,
  quantization: (listing, { quantization }) =>
    quantization === undefined || listing.quantization === quantization,
  region: (listing, { region }) => region === undefined || isWithin(listing.region, region),
  completedMin: ({ reputation }, { completedMin }) => reputation.completed >= (completedMin ?? 0),
  successRatioMin: ({ reputation }, { successRatioMin }) => reputation.score >= (successRatioMin ?? 0),
  preferenceMin: ({ reputation }, { preferenceMin }) =>
    preferenceMin === undefined || (reputation.preference?.ratio ?? -1) >= preferenceMin,
  maxPrice: (_listing, { maxPrice }, { price }) =>
    maxPrice === undefined || price === undefined || price <= parsePrice(maxPrice),
  maxTimeMs: (listing, { maxTimeMs }, { outputTokensMax }) =>
    maxTimeMs === undefined ||
    outputTokensMax === undefined ||
    outputTokensMax * 1000 <= maxTimeMs * listing.tokensPerSecond,
}

const RULE_NAMES = Object.keys(RULES) as readonly FilterMiss[]

/**
 * Whether a driver's listing meets a user's filters; the first that it doesn't meet is named.
 *
 * @throws MarketInputError if `maxPrice` is no price.
 */
export function matchesFilters(
  listing: DriverListing,
  filters: DriverFilters,
  work: FilterWork = {},
): FilterOutcome {
  const because = RULE_NAMES.find((name) => !RULES[name](listing, filters, work))
  return because === undefined ? { matches: true } : { matches: false, because }
}

/** The first of the workers that the filters don't let take part; undefined if all may. */
export function foreignWorker(
  workers: readonly PartyId[],
  { workers: allowed, trustedWorkersOnly }: DriverFilters,
): PartyId | undefined {
  if (allowed === undefined && trustedWorkersOnly !== true) return undefined
  return workers.find((worker) => allowed?.includes(worker) !== true)
}

function isWithin(region: string | undefined, wanted: string): boolean {
  return region === wanted || (region?.startsWith(`${wanted}-`) ?? false)
}
