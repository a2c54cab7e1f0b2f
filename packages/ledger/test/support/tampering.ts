import { ManualClock } from '@shardline/core'
import type { SeededRandom } from '@shardline/core'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { derivedId, openLedger } from '@shardline/ledger'
import type { LedgerDatabase, LedgerFault, Signer } from '@shardline/ledger'
import { Ids, makeAccounts, moveOf } from './test-ledger.ts'

/** A database or a transaction. */
export type Executor = Kysely<Record<string, never>>

/** Holds no money and no history: names of migrations, and the lock that they run under. */
const BESIDE_THE_LEDGER: readonly string[] = ['migrations', 'migrations_lock']
const ENTRY_TABLES: readonly string[] = ['accounts', 'transfers', 'failures', 'log_entries']
const MOVES = 260

/** A column of one of the ledger's tables. */
export interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
}

/** A row whose column is to be changed. */
export interface Victim extends Column {
  /** Where the row is, as the database counts. */
  readonly row: string
  readonly before: Readonly<Record<string, unknown>>
}

/** Transfers enough for stored nodes, holds of every end, one that is open with a timeout and one without, a failure, checkpoints. */
export async function fillForTampering(database: LedgerDatabase, signer: Signer): Promise<void> {
  const ids = new Ids(11)
  const clock = new ManualClock(1_700_000_000_000)
  await using ledger = await openLedger({ database, clock, signer })
  const [a, b, poor] = await makeAccounts(ledger, ids, [
    {},
    { userData: 'b' },
    { limit: 'debits_must_not_exceed_credits' },
  ])
  await ledger.createTransfers(Array.from({ length: MOVES }, () => moveOf(ids, [a, b])))
  await ledger.checkpoint()
  const holds = [0, 10, 0, 0, 1e9].map((timeoutMs) => moveOf(ids, [a, b], { kind: 'pending', timeoutMs }))
  await ledger.createTransfers([
    ...holds,
    { id: ids.transfer(), kind: 'post', pendingId: holds[2]!.id, amount: 3n },
    { id: ids.transfer(), kind: 'void', pendingId: holds[3]!.id },
    moveOf(ids, [poor, a], { userData: 'refused' }),
  ])
  clock.advance(1_000)
  await ledger.sweepExpired()
  await ledger.checkpoint()
}

/** What one who owns the database does first: away with triggers, constraints and unique indexes. */
export async function disarm(kysely: Executor): Promise<void> {
  const { rows } = await sql<{ readonly statement: string }>`
    select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname) as statement
      from pg_constraint where connamespace = 'ledger'::regnamespace and contype in ('c', 'f', 'p', 'u')
    union all
    select format('drop trigger %I on %s', tgname, tgrelid::regclass) from pg_trigger
      where not tgisinternal and tgrelid::regclass::text like 'ledger.%'`.execute(kysely)
  for (const { statement } of rows)
    await sql
      .raw(statement)
      .execute(kysely)
      .catch(() => undefined)
  await sql`drop index ledger.transfers_end_a_hold_once`.execute(kysely)
}

/** Every column that the database has. */
export async function readColumns(kysely: Executor): Promise<readonly Column[]> {
  const { rows } = await sql<Column>`
    select table_name as table, column_name as column, data_type as type from information_schema.columns
    where table_schema = 'ledger' order by table_name, ordinal_position`.execute(kysely)
  return rows.filter(({ table }) => !BESIDE_THE_LEDGER.includes(table))
}

/** Every row, as one to be changed in that column. */
export async function readVictims(kysely: Executor, column: Column): Promise<readonly Victim[]> {
  const table = sql.table(`ledger.${column.table}`)
  const { rows } = await sql<Pick<Victim, 'row' | 'before'>>`
    select ctid::text as row, to_jsonb(r) as before from ${table} r order by ctid`.execute(kysely)
  return rows.map((row) => ({ ...column, ...row }))
}

/** Changes one column of one row. */
export async function tamperWith(kysely: Executor, victim: Victim, random: SeededRandom): Promise<void> {
  await sql`
    update ${sql.table(`ledger.${victim.table}`)} set ${sql.ref(victim.column)} = ${changeOf(victim, random)}
    where ctid = ${victim.row}::text::tid`.execute(kysely)
}

/** Another value of the column's type. A type that isn't known here fails the test, so that no new column is forgotten. */
function changeOf({ column, type, before }: Victim, random: SeededRandom) {
  const reference = sql.ref(column)
  const isNull = before[column] === null
  switch (type) {
    case 'uuid':
      return sql`${derivedId(`tampered/${random.integer(1e9)}`)}::text::uuid`
    case 'bigint':
    case 'integer':
    case 'smallint':
      return isNull ? sql`5` : sql`${reference} + ${sql.raw(String([1, -1, 1_000][random.integer(3)]))}`
    case 'text':
      return sql`${reference} || 'x'`
    case 'bytea': {
      const position = sql.raw(String(random.integer(32)))
      return sql`set_byte(${reference}, ${position}, (get_byte(${reference}, ${position}) + 1) % 256)`
    }
    default:
      throw new Error(`no way to change a column of type ${type}`)
  }
}

/** Whether the fault is in the row that was changed, or where the row was moved to. */
export function isNamed(
  { table, column, before }: Victim,
  fault: Pick<LedgerFault, 'part' | 'logIndex' | 'field'> | undefined,
): boolean {
  if (fault === undefined || fault.field === '') return false
  if (!ENTRY_TABLES.includes(table)) return fault.part === PARTS[table]
  const index = BigInt(String(before['log_index']))
  const isHere = fault.part === 'entry' && fault.logIndex === index
  return isHere || (column === 'log_index' && fault.part === 'entry' && fault.logIndex === index - 1n)
}

const PARTS: Readonly<Record<string, LedgerFault['part']>> = {
  balances: 'balance',
  open_holds: 'hold',
  log_nodes: 'node',
  checkpoints: 'checkpoint',
  state: 'state',
}
