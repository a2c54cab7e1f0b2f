import { systemClock, systemRandom } from '@shardline/core'
import { derivedId, timeOrderedId } from '@shardline/ledger'
import type { LedgerConnection, LedgerPool } from '@shardline/ledger'
import { ACCOUNTS, LEG_AMOUNTS } from './settlement-subject.ts'
import type { Settlement, SettlementSubject } from './settlement-subject.ts'

const TABLES = [
  'create table if not exists plain_accounts (id uuid primary key, debits bigint not null, credits bigint not null)',
  `create table if not exists plain_transfers (
    id uuid primary key, debit uuid not null, credit uuid not null, amount bigint not null)`,
]

/**
 * What one writes by hand: per settlement a transaction that locks its accounts in order, inserts the four legs and
 * updates the balances. No rules, no log, no index but the primary keys.
 */
export async function plainSqlSubject(pool: LedgerPool): Promise<SettlementSubject> {
  const ids = Array.from({ length: ACCOUNTS }, (_, i) => derivedId(`plain/${i}`))
  const setUp = await pool.connect()
  for (const table of TABLES) await setUp.query(table, [])
  const list = `{${ids.join(',')}}`
  await setUp.query(
    'insert into plain_accounts select id, 0, 0 from unnest($1::text::uuid[]) as rows (id) on conflict do nothing',
    [list],
  )
  setUp.release()
  return {
    label: 'plain SQL',
    settle: async (settlement) => {
      const connection = await pool.connect()
      try {
        await settleByHand(connection, ids, settlement)
      } finally {
        connection.release()
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

async function settleByHand(
  connection: LedgerConnection,
  ids: readonly string[],
  { from, to }: Settlement,
): Promise<void> {
  const payer = ids[from] ?? ''
  const accounts = `{${[payer, ...to.map((number) => ids[number])].join(',')}}`
  await connection.query('begin', [])
  await connection.query(
    'select id from plain_accounts where id = any($1::text::uuid[]) order by id for update',
    [accounts],
  )
  const rows = to.map((number, i) => [
    timeOrderedId(systemClock, systemRandom),
    payer,
    ids[number],
    LEG_AMOUNTS[i],
  ])
  const places = rows.map((_, i) => `($${4 * i + 1}, $${4 * i + 2}, $${4 * i + 3}, $${4 * i + 4})`)
  await connection.query(`insert into plain_transfers values ${places.join(', ')}`, rows.flat())
  await connection.query(
    `update plain_accounts a set debits = a.debits + n.debits, credits = a.credits + n.credits
     from (values ($1::uuid, $2::bigint, 0::bigint), ($3, 0, $4), ($5, 0, $6), ($7, 0, $8), ($9, 0, $10))
       as n (id, debits, credits)
     where a.id = n.id`,
    [payer, LEG_AMOUNTS.reduce((a, b) => a + b), ...to.flatMap((number, i) => [ids[number], LEG_AMOUNTS[i]])],
  )
  await connection.query('commit', [])
}
