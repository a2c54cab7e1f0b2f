/**
 * Money that always balances: double-entry accounts and transfers on SQL, after TigerBeetle's rules, with an
 * append-only Merkle log over everything that happened.
 *
 * ```ts
 * import { systemClock, systemRandom } from '@shardline/core'
 * import { accountId, openDatabase, openLedger, timeOrderedId } from '@shardline/ledger'
 *
 * await using database = await openDatabase('memory:')
 * await using ledger = await openLedger({ database, clock: systemClock })
 * const newId = () => timeOrderedId(systemClock, systemRandom)
 * const [alice, bob] = [accountId(newId()), accountId(newId())]
 * await ledger.createAccounts([alice, bob].map((id) => ({ id, ledger: 1, code: 1 })))
 * const transfer = { id: newId(), debitAccountId: alice, creditAccountId: bob, amount: 250n, ledger: 1, code: 1 }
 * const [outcome] = await ledger.createTransfers([transfer]) // { status: 'created', … }
 * ```
 */
export * from './account.ts'
export * from './database/database.ts'
export { fromDatabase } from './database/from-database.ts'
export * from './database/in-transaction.ts'
export { sqlArray } from './database/array-literal.ts'
export type { ArrayType } from './database/array-literal.ts'
export * from './database/ledger-pool.ts'
export * from './database/pglite-pool.ts'
export * from './database/postgres-pool.ts'
export * from './errors.ts'
export * from './export/export-ledger.ts'
export * from './export/export-line.ts'
export * from './export/verify-export.ts'
export { NO_ID, accountId, derivedId, timeOrderedId, transferId } from './ids.ts'
export type { AccountId, TransferId } from './ids.ts'
export * from './ledger.ts'
export * from './limits.ts'
export * from './log/entry-bytes.ts'
export * from './log/log-entry.ts'
export * from './merkle/checkpoint.ts'
export * from './merkle/compact-range.ts'
export * from './merkle/cosignature.ts'
export * from './merkle/prove.ts'
export * from './merkle/signed-note.ts'
export * from './merkle/signer.ts'
export * from './merkle/verifier-key.ts'
export * from './merkle/witness.ts'
export * from './open-ledger-reader.ts'
export { runMigrations } from './migrations/run-migrations.ts'
export type { MigrationsInit } from './migrations/run-migrations.ts'
export * from './open-ledger.ts'
export * from './queries/page.ts'
export type { AccountQuery } from './queries/query-accounts.ts'
export type { TransferQuery } from './queries/query-transfers.ts'
export * from './transfer.ts'
export { verifyLedger } from './verify/verify-ledger.ts'
export * from './verify/verify-report.ts'
