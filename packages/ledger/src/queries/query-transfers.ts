import { sql } from 'kysely'
import { sqlArray } from '../database/array-literal.ts'
import type { LedgerDatabase } from '../database/database.ts'
import { fromDatabase } from '../database/from-database.ts'
import { checkId } from '../ids.ts'
import type { AccountId, TransferId } from '../ids.ts'
import { TRANSFER_KIND_NUMBERS } from '../log/entry-bytes.ts'
import type { Transfer, TransferKind } from '../transfer.ts'
import { pageLimit, pageOf } from './page.ts'
import type { Page, PageQuery } from './page.ts'
import { transferOf } from './rows.ts'
import type { TransferRow } from './rows.ts'

/** Which transfers to list; what isn't given doesn't matter. */
export interface TransferQuery extends PageQuery {
  /** Only transfers on this account. */
  readonly accountId?: AccountId
  /** Only where that account is debited, or credited. @default either */
  readonly side?: 'debit' | 'credit'
  readonly ledger?: number
  readonly code?: number
  readonly kind?: TransferKind
  readonly userData?: string
  /** Only what ended this hold. */
  readonly pendingId?: TransferId
  /** Not before this time of the ledger's clock. */
  readonly fromNs?: bigint
  /** Before this time of the ledger's clock. */
  readonly toNs?: bigint
}

/** @throws LedgerInputError for a limit or an id that is none, DatabaseUnavailableError when the database is gone. */
export async function queryTransfers(
  { kysely }: Pick<LedgerDatabase, 'kysely'>,
  query: TransferQuery,
): Promise<Page<Transfer>> {
  const limit = pageLimit(query)
  const conditions = conditionsOf(query)
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  const order = query.isReversed === true ? sql`desc` : sql`asc`
  try {
    const { rows } = await sql<TransferRow>`
      select t.*, (select e.kind from ledger.transfers e where e.pending_id = t.id) as ended_by
      from ledger.transfers t
      ${where} order by t.log_index ${order} limit ${limit + 1}`.execute(kysely)
    return pageOf(rows.map(transferOf), limit)
  } catch (cause) {
    throw fromDatabase(cause)
  }
}

function conditionsOf(query: TransferQuery): ReturnType<typeof sql>[] {
  const conditions = accountConditions(query)
  if (query.ledger !== undefined) conditions.push(sql`t.ledger = ${query.ledger}`)
  if (query.code !== undefined) conditions.push(sql`t.code = ${query.code}`)
  if (query.kind !== undefined) conditions.push(sql`t.kind = ${TRANSFER_KIND_NUMBERS[query.kind]}`)
  if (query.userData !== undefined) conditions.push(userDataCondition(query.userData))
  if (query.pendingId !== undefined)
    conditions.push(sql`t.pending_id = ${checkId('pendingId', query.pendingId)}`)
  if (query.fromNs !== undefined) conditions.push(sql`t.timestamp_ns >= ${query.fromNs}`)
  if (query.toNs !== undefined) conditions.push(sql`t.timestamp_ns < ${query.toNs}`)
  if (query.after !== undefined) {
    conditions.push(
      query.isReversed === true ? sql`t.log_index < ${query.after}` : sql`t.log_index > ${query.after}`,
    )
  }
  return conditions
}

/** The index on user data leaves empty ones out, so the condition says that it isn't. */
function userDataCondition(userData: string): ReturnType<typeof sql> {
  return userData === '' ? sql`t.user_data = ''` : sql`t.user_data = ${userData} and t.user_data <> ''`
}

function accountConditions({ accountId, side }: TransferQuery): ReturnType<typeof sql>[] {
  if (accountId === undefined) return []
  checkId('accountId', accountId)
  if (side === 'debit') return [sql`t.debit_account_id = ${accountId}`]
  if (side === 'credit') return [sql`t.credit_account_id = ${accountId}`]
  return [sql`(t.debit_account_id = ${accountId} or t.credit_account_id = ${accountId})`]
}

/** The transfers of some ids, in their order; undefined where there is none. */
export async function lookupTransfers(
  { kysely }: Pick<LedgerDatabase, 'kysely'>,
  ids: readonly TransferId[],
): Promise<readonly (Transfer | undefined)[]> {
  for (const [index, id] of ids.entries()) checkId(`ids[${index}]`, id)
  try {
    const { rows } = await sql<TransferRow>`
      select t.*, (select e.kind from ledger.transfers e where e.pending_id = t.id) as ended_by
      from unnest(${sqlArray('uuid', ids)}) as wanted (id) join ledger.transfers t on t.id = wanted.id`.execute(
      kysely,
    )
    const found = new Map(rows.map((row) => [row.id, transferOf(row)]))
    return ids.map((id) => found.get(id))
  } catch (cause) {
    throw fromDatabase(cause)
  }
}
