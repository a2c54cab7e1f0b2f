import type { Page } from '@shardline/ledger'
import type { CommandContext } from '../commands/command-context.ts'
import { formatTable } from '../console/format.ts'
import { LedgerItemUnknownError } from '../errors.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { DatabaseOptions } from './open-database.ts'

/** Options that all lists have. */
export type PageOptions = DatabaseOptions &
  Pick<OutputOptions, 'json'> & {
    readonly limit: number
    readonly after: bigint | undefined
    readonly reverse: boolean | undefined
    readonly all: boolean | undefined
  }

/** What is listed, and how an item is shown. */
export interface Listing<Item> {
  readonly name: 'accounts' | 'transfers'
  readonly header: readonly string[]
  toRow(item: Item): readonly string[]
  toJson(item: Item): Readonly<Record<string, unknown>>
}

/** Where the items come from. */
export interface ListingSource<Item> {
  /** Only these, if any. */
  readonly ids: readonly string[]
  lookup(): Promise<readonly (Item | undefined)[]>
  page(query: {
    readonly limit: number
    readonly after?: bigint
    readonly isReversed: boolean
  }): Promise<Page<Item>>
}

/**
 * Prints a page, or all, as a table or as one JSON object. Holds one page in memory, and waits for a slow reader.
 *
 * @throws LedgerItemUnknownError, after printing, if ids were asked for that aren't there.
 */
export async function printPages<Item>(
  listing: Listing<Item>,
  source: ListingSource<Item>,
  { options, context }: { readonly options: PageOptions; readonly context: CommandContext },
): Promise<void> {
  const { terminal, interrupt } = context
  const writer = options.json === true ? jsonWriter(listing) : tableWriter(listing)
  let next: bigint | undefined
  for await (const page of pagesOf(source, options)) {
    interrupt.signal.throwIfAborted()
    terminal.print(writer.page(page.items))
    await terminal.flush()
    next = page.next
  }
  terminal.print(writer.end(next))
  if (next !== undefined && options.json !== true) {
    terminal.note(`There are more: --after ${next}, or --all.\n`)
  }
  if (source.ids.length > 0) await refuseUnknown(listing, source)
}

async function* pagesOf<Item>(source: ListingSource<Item>, options: PageOptions): AsyncGenerator<Page<Item>> {
  if (source.ids.length > 0) {
    const items = (await source.lookup()).filter((item) => item !== undefined)
    yield { items, next: undefined }
    return
  }
  let { after } = options
  do {
    const start = after === undefined ? {} : { after }
    const page = await source.page({ limit: options.limit, isReversed: options.reverse === true, ...start })
    yield page
    after = page.next
  } while (options.all === true && after !== undefined)
}

async function refuseUnknown<Item>(listing: Listing<Item>, source: ListingSource<Item>): Promise<void> {
  const found = await source.lookup()
  const unknown = source.ids.filter((_, index) => found[index] === undefined)
  if (unknown.length > 0) throw new LedgerItemUnknownError(listing.name, unknown)
}

interface PageWriter<Item> {
  page(items: readonly Item[]): string
  end(next: bigint | undefined): string
}

/** Columns keep the width that they had on pages before. */
function tableWriter<Item>(listing: Listing<Item>): PageWriter<Item> {
  let widths = listing.header.map((name) => name.length)
  let isFirst = true
  return {
    page: (items) => {
      const rows = items.map((item) => listing.toRow(item))
      widths = widths.map((width, column) => Math.max(width, ...rows.map((row) => row[column]?.length ?? 0)))
      const padded = [...(isFirst ? [listing.header] : []), ...rows].map((row) =>
        row.map((cell, column) => cell.padEnd(widths[column] ?? 0)),
      )
      isFirst = false
      return formatTable(padded)
    },
    end: () => '',
  }
}

/** `{"accounts": [...], "next": "17"}`, written piece by piece. */
function jsonWriter<Item>(listing: Listing<Item>): PageWriter<Item> {
  let before = `{"${listing.name}":[`
  let isEmpty = true
  return {
    page: (items) => {
      const text = items.map((item) => JSON.stringify(listing.toJson(item))).join(',')
      const written = before + (text === '' || isEmpty ? text : `,${text}`)
      before = ''
      isEmpty &&= text === ''
      return written
    },
    end: (next) => `],"next":${JSON.stringify(next === undefined ? null : String(next))}}\n`,
  }
}
