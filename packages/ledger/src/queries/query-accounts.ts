import { sql } from 'kysely'
import type { Account } from '../account.ts'
import { sqlArray } from '../database/array-literal.ts'
import type { LedgerDatabase } from '../database/database.ts'
import { fromDatabase } from '../database/from-database.ts'
import { checkId } from '../ids.ts'
import type { AccountId } from '../ids.ts'
import { pageLimit, pageOf } from './page.ts'
import type { Page, PageQuery } from './page.ts'
import { accountOf } from './rows.ts'
import type { AccountRow } from './rows.ts'

/** Which accounts to list; what isn't given doesn't matter. */
export interface AccountQuery extends PageQuery {
  readonly ledger?: number
  readonly code?: number
  readonly userData?: string
}

/** @throws LedgerInputError for a limit out of range, DatabaseUnavailableError when the database is gone. */
export async function queryAccounts(
  { kysely }: Pick<LedgerDatabase, 'kysely'>,
  query: AccountQuery,
): Promise<Page<Account>> {
  const limit = pageLimit(query)
  const isReversed = query.isReversed === true
  let select = kysely
    .selectFrom('ledger.accounts as a')
    .innerJoin('ledger.balances as b', 'b.account_id', 'a.id')
    .selectAll('a')
    .select(['b.debits_pending', 'b.debits_posted', 'b.credits_pending', 'b.credits_posted'])
    .orderBy('a.log_index', isReversed ? 'desc' : 'asc')
    .limit(limit + 1)
  if (query.ledger !== undefined) select = select.where('a.ledger', '=', query.ledger)
  if (query.code !== undefined) select = select.where('a.code', '=', query.code)
  if (query.userData !== undefined) select = select.where('a.user_data', '=', query.userData)
  if (query.after !== undefined) select = select.where('a.log_index', isReversed ? '<' : '>', query.after)
  try {
    return pageOf((await select.execute()).map(accountOf), limit)
  } catch (cause) {
    throw fromDatabase(cause)
  }
}

/** The accounts of some ids, in their order; undefined where there is none. */
export async function lookupAccounts(
  { kysely }: Pick<LedgerDatabase, 'kysely'>,
  ids: readonly AccountId[],
): Promise<readonly (Account | undefined)[]> {
  for (const [index, id] of ids.entries()) checkId(`ids[${index}]`, id)
  try {
    const { rows } = await sql<AccountRow>`
      select a.*, b.debits_pending, b.debits_posted, b.credits_pending, b.credits_posted
      from unnest(${sqlArray('uuid', ids)}) as wanted (id)
        join ledger.accounts a on a.id = wanted.id
        join ledger.balances b on b.account_id = wanted.id`.execute(kysely)
    const found = new Map(rows.map((row) => [row.id, accountOf(row)]))
    return ids.map((id) => found.get(id))
  } catch (cause) {
    throw fromDatabase(cause)
  }
}
