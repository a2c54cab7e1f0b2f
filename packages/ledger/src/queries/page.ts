import { LedgerInputError } from '../errors.ts'
import { checkInteger } from '../check-input.ts'
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '../limits.ts'

/** Where a page begins and how long it is. Pages follow the log, so they don't shift while others write. */
export interface PageQuery {
  /** Goes on after this place in the log: the `next` of the page before. @default from the start */
  readonly after?: bigint
  /** @default PAGE_ITEMS_DEFAULT */
  readonly limit?: number
  /** Newest first. @default false */
  readonly isReversed?: boolean
}

/** One page of a query. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** What `after` of the next page must be; undefined on the last page. */
  readonly next: bigint | undefined
}

/** @throws LedgerInputError if the limit isn't from 1 to `PAGE_ITEMS_MAX`. */
export function pageLimit(query: PageQuery): number {
  const limit = query.limit ?? PAGE_ITEMS_DEFAULT
  checkInteger('limit', limit, PAGE_ITEMS_MAX)
  if (limit === 0) throw new LedgerInputError('limit', '0', `an integer from 1 to ${PAGE_ITEMS_MAX}`)
  return limit
}

/** Makes a page of rows, of which one more than the limit was asked for. */
export function pageOf<Item extends { readonly logIndex: bigint }>(
  items: readonly Item[],
  limit: number,
): Page<Item> {
  const shown = items.slice(0, limit)
  return { items: shown, next: items.length > limit ? shown.at(-1)?.logIndex : undefined }
}
