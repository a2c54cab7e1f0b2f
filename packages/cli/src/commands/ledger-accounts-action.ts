import { accountId, openLedgerReader } from '@shardline/ledger'
import { defined } from '../cluster/defined.ts'
import { ACCOUNT_LISTING } from '../ledger/listings.ts'
import { openExistingDatabase } from '../ledger/open-database.ts'
import { printPages } from '../ledger/print-pages.ts'
import type { PageOptions } from '../ledger/print-pages.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline ledger accounts`. */
export type AccountsOptions = PageOptions & {
  readonly ledger: number | undefined
  readonly code: number | undefined
  readonly userData: string | undefined
}

/** Lists accounts. */
export async function runAccounts(
  given: readonly string[],
  options: AccountsOptions,
  context: CommandContext,
): Promise<void> {
  const ids = given.map(accountId)
  const { ledger, code, userData } = options
  await using database = await openExistingDatabase(options, context.config)
  const reader = await openLedgerReader(database)
  const source = {
    ids,
    lookup: () => reader.lookupAccounts(ids),
    page: (query: Parameters<typeof reader.accounts>[0]) =>
      reader.accounts({ ...query, ...defined({ ledger, code, userData }) }),
  }
  await printPages(ACCOUNT_LISTING, source, { options, context })
}
