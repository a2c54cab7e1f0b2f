import { sql } from 'kysely'
import type { Test } from 'tap'
import { Ids, makeAccounts, moveOf } from '../support/test-ledger.ts'
import type { SuiteLedger } from './ledger-suite.ts'

/** The database itself refuses to change what was written. */
export async function changeRefusals(t: Test, { ledger, database }: SuiteLedger): Promise<void> {
  const ids = new Ids(8)
  const [a, b] = await makeAccounts(ledger, ids, [{}, {}])
  const move = moveOf(ids, [a, b])
  await ledger.createTransfers([move])
  const statements = [
    'update ledger.transfers set amount = amount + 1',
    'delete from ledger.transfers',
    'truncate ledger.transfers',
    'update ledger.accounts set code = 2',
    'delete from ledger.accounts',
    'truncate ledger.accounts cascade',
    'update ledger.failures set status = 1',
    'delete from ledger.failures',
    "update ledger.log_entries set leaf_hash = decode(repeat('00', 32), 'hex')",
    'delete from ledger.log_entries',
    'truncate ledger.log_entries',
    'delete from ledger.log_nodes',
    "update ledger.checkpoints set note = ''",
    'delete from ledger.checkpoints',
  ]
  for (const statement of statements) {
    await t.rejects(sql.raw(statement).execute(database.kysely), { code: '23001' }, statement)
  }
  await t.test('also a second end of a hold', async (t) => {
    const hold = moveOf(ids, [a, b], { kind: 'pending' })
    const post = { id: ids.transfer(), kind: 'post', pendingId: hold.id } as const
    await ledger.createTransfers([hold, post])
    const forged = sql`insert into ledger.transfers
      select ${ids.transfer()}, log_index + 1000000, kind, debit_account_id, credit_account_id, amount, ledger, code,
        pending_id, timeout_ms, user_data, timestamp_ns
      from ledger.transfers where id = ${post.id}`
    await t.rejects(forged.execute(database.kysely), { code: '23505' })
  })
  t.match((await ledger.lookupTransfers([move.id]))[0], { amount: 10n })
}
