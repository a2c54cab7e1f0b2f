import type { Clock, ConsistencyProof, InclusionProof } from '@shardline/core'
import type { Account, AccountInit, AccountOutcome } from './account.ts'
import { checkAccountInits, checkTransferInits } from './check-input.ts'
import type { LedgerDatabase } from './database/database.ts'
import type { AccountId, TransferId } from './ids.ts'
import type { Ledger } from './ledger.ts'
import {
  EXPIRED_PER_BATCH_MAX,
  ITEMS_PER_BATCH_MAX,
  ITEMS_PER_CALL_MAX,
  ITEMS_WAITING_MAX,
} from './limits.ts'
import { LogReader } from './log/log-reader.ts'
import type { SignedCheckpoint } from './merkle/checkpoint.ts'
import type { Signer } from './merkle/signer.ts'
import { migrate } from './migrations/migrate.ts'
import type { Page } from './queries/page.ts'
import { lookupAccounts, queryAccounts } from './queries/query-accounts.ts'
import type { AccountQuery } from './queries/query-accounts.ts'
import { lookupTransfers, queryTransfers } from './queries/query-transfers.ts'
import type { TransferQuery } from './queries/query-transfers.ts'
import type { Transfer, TransferInit, TransferOutcome } from './transfer.ts'
import { BatchWriter } from './writer/batch-writer.ts'

/** What a ledger works with. */
export interface LedgerComponents {
  readonly database: LedgerDatabase
  readonly clock: Clock
  /** Signs checkpoints; without one there are none. */
  readonly signer?: Signer
}

/** Limits of a ledger. */
export interface LedgerOptions {
  /** Accounts or transfers of one call. @default ITEMS_PER_CALL_MAX */
  readonly itemsPerCallMax?: number
  /** Accounts and transfers of one database transaction. @default ITEMS_PER_BATCH_MAX */
  readonly itemsPerBatchMax?: number
  /** Accounts and transfers that wait for a transaction. @default ITEMS_WAITING_MAX */
  readonly itemsWaitingMax?: number
  /** Expired holds that one transaction releases. @default EXPIRED_PER_BATCH_MAX */
  readonly expiredPerBatchMax?: number
}

/**
 * Opens the ledger in a database, and makes or updates its tables.
 *
 * @throws DatabaseUnavailableError, MigrationFailedError
 */
export async function openLedger(components: LedgerComponents, options: LedgerOptions = {}): Promise<Ledger> {
  await migrate(components.database)
  return new SqlLedger(components, options)
}

/** The ledger on SQL: hands writes to the batch writer, reads to queries. */
class SqlLedger implements Ledger {
  readonly #database: LedgerDatabase
  readonly #writer: BatchWriter
  readonly #log: LogReader
  readonly #itemsPerCallMax: number
  readonly #expiredPerBatchMax: number

  constructor({ database, clock, signer }: LedgerComponents, options: LedgerOptions) {
    this.#database = database
    this.#itemsPerCallMax = options.itemsPerCallMax ?? ITEMS_PER_CALL_MAX
    this.#expiredPerBatchMax = options.expiredPerBatchMax ?? EXPIRED_PER_BATCH_MAX
    this.#log = new LogReader(database, signer)
    this.#writer = new BatchWriter({
      database,
      clock,
      itemsPerBatchMax: options.itemsPerBatchMax ?? ITEMS_PER_BATCH_MAX,
      itemsWaitingMax: options.itemsWaitingMax ?? ITEMS_WAITING_MAX,
      expiredPerBatchMax: this.#expiredPerBatchMax,
    })
  }

  async createAccounts(items: readonly AccountInit[]): Promise<readonly AccountOutcome[]> {
    checkAccountInits(items, this.#itemsPerCallMax)
    if (items.length === 0) return []
    return (await this.#writer.write({ type: 'accounts', items: items.map((item) => ({ ...item })) }))
      .accounts
  }

  async createTransfers(items: readonly TransferInit[]): Promise<readonly TransferOutcome[]> {
    checkTransferInits(items, this.#itemsPerCallMax)
    if (items.length === 0) return []
    return (await this.#writer.write({ type: 'transfers', items: items.map((item) => ({ ...item })) }))
      .transfers
  }

  accounts(query: AccountQuery = {}): Promise<Page<Account>> {
    return queryAccounts(this.#database, query)
  }

  transfers(query: TransferQuery = {}): Promise<Page<Transfer>> {
    return queryTransfers(this.#database, query)
  }

  lookupAccounts(ids: readonly AccountId[]): Promise<readonly (Account | undefined)[]> {
    return lookupAccounts(this.#database, ids)
  }

  lookupTransfers(ids: readonly TransferId[]): Promise<readonly (Transfer | undefined)[]> {
    return lookupTransfers(this.#database, ids)
  }

  async sweepExpired(): Promise<number> {
    let total = 0
    for (;;) {
      const { expired } = await this.#writer.write({ type: 'sweep', items: [] })
      total += expired
      if (expired < this.#expiredPerBatchMax) return total
    }
  }

  checkpoint(): Promise<SignedCheckpoint> {
    return this.#log.checkpoint()
  }

  inclusionProof(index: bigint, size?: bigint): Promise<InclusionProof> {
    return this.#log.inclusion(index, size)
  }

  consistencyProof(fromSize: bigint, toSize?: bigint): Promise<ConsistencyProof> {
    return this.#log.consistency(fromSize, toSize)
  }

  close(): Promise<void> {
    return this.#writer.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
