import { accountId, openLedgerReader, transferId } from '@shardline/ledger'
import type { TransferKind } from '@shardline/ledger'
import { defined } from '../cluster/defined.ts'
import { UsageError } from '../errors.ts'
import { TRANSFER_LISTING } from '../ledger/listings.ts'
import { openExistingDatabase } from '../ledger/open-database.ts'
import { printPages } from '../ledger/print-pages.ts'
import type { PageOptions } from '../ledger/print-pages.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline ledger transfers`. */
export type TransfersOptions = PageOptions & {
  readonly account: string | undefined
  readonly side: 'debit' | 'credit' | undefined
  readonly ledger: number | undefined
  readonly code: number | undefined
  readonly kind: TransferKind | undefined
  readonly userData: string | undefined
  readonly pending: string | undefined
  readonly since: bigint | undefined
  readonly until: bigint | undefined
}

/** Lists transfers. */
export async function runTransfers(
  given: readonly string[],
  options: TransfersOptions,
  context: CommandContext,
): Promise<void> {
  const { account, side, ledger, code, kind, userData, pending } = options
  if (side !== undefined && account === undefined) throw new UsageError('--side needs --account')
  const ids = given.map(transferId)
  const filter = defined({
    accountId: account === undefined ? undefined : accountId(account),
    pendingId: pending === undefined ? undefined : transferId(pending),
    side,
    ledger,
    code,
    kind,
    userData,
    fromNs: options.since,
    toNs: options.until,
  })
  await using database = await openExistingDatabase(options, context.config)
  const reader = await openLedgerReader(database)
  const source = {
    ids,
    lookup: () => reader.lookupTransfers(ids),
    page: (query: Parameters<typeof reader.transfers>[0]) => reader.transfers({ ...query, ...filter }),
  }
  await printPages(TRANSFER_LISTING, source, { options, context })
}
