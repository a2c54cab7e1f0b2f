import type { ConsistencyProof, InclusionProof } from '@shardline/core'
import type { Account, AccountInit, AccountOutcome } from './account.ts'
import type { AccountId, TransferId } from './ids.ts'
import type { SignedCheckpoint } from './merkle/checkpoint.ts'
import type { AccountQuery } from './queries/query-accounts.ts'
import type { TransferQuery } from './queries/query-transfers.ts'
import type { Page } from './queries/page.ts'
import type { Transfer, TransferInit, TransferOutcome } from './transfer.ts'

/**
 * Double-entry bookkeeping. What a rule refuses is an outcome of its item; only a database that is gone, a full queue
 * or a value of the wrong kind throws. A call that threw may be sent again as it is: ids keep it from happening twice.
 */
export interface Ledger extends AsyncDisposable {
  /** Creates accounts, in order; an outcome each. Resolves when they are on disk. */
  createAccounts(accounts: readonly AccountInit[]): Promise<readonly AccountOutcome[]>
  /** Makes transfers, in order, chains all or nothing; an outcome each. Resolves when they are on disk. */
  createTransfers(transfers: readonly TransferInit[]): Promise<readonly TransferOutcome[]>
  /** Lists accounts in the order of their creation. */
  accounts(query?: AccountQuery): Promise<Page<Account>>
  /** Lists transfers in the order of the log. */
  transfers(query?: TransferQuery): Promise<Page<Transfer>>
  /** Accounts of some ids, in their order; undefined where there is none. */
  lookupAccounts(ids: readonly AccountId[]): Promise<readonly (Account | undefined)[]>
  /** Transfers of some ids, in their order; undefined where there is none. */
  lookupTransfers(ids: readonly TransferId[]): Promise<readonly (Transfer | undefined)[]>
  /** Releases holds whose timeout ran out, all of them; tells how many. Every write does this too. Safe anywhere, any time. */
  sweepExpired(): Promise<number>
  /** Signs what the log holds now. */
  checkpoint(): Promise<SignedCheckpoint>
  /** Shows that an entry is in the log of `size` entries, by default all. */
  inclusionProof(index: bigint, size?: bigint): Promise<InclusionProof>
  /** Shows that the log of `toSize` entries, by default all, begins with that of `fromSize`. */
  consistencyProof(fromSize: bigint, toSize?: bigint): Promise<ConsistencyProof>
  /** Finishes what was begun. The database stays open: who opened it closes it. */
  close(): Promise<void>
}
