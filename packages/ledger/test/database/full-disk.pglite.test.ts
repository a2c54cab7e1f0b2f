import { ManualClock } from '@shardline/core'
import { REOPEN_REST_MS, databaseOf, inTransaction, openPglitePool } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { fillableDisk } from '../support/full-disk.ts'
import { pgliteTemplate } from '../support/pglite-template.ts'

const AWAY = { code: 'LEDGER_DATABASE_UNAVAILABLE', retryable: true }

const parent = await mkdtemp(join(tmpdir(), 'shardline-full-disk-'))
t.teardown(() => rm(parent, { recursive: true, force: true }))

/** Notes a number in one transaction, as the ledger and the market write. */
async function note(database: LedgerDatabase, number: number): Promise<void> {
  await inTransaction({ database, clock: new ManualClock() }, async (transaction) => {
    await sql`insert into notes values (${number})`.execute(transaction)
  })
}

async function notes(database: LedgerDatabase): Promise<readonly unknown[]> {
  const { rows } = await sql<{ readonly number: number }>`select number from notes order by number`.execute(
    database.kysely,
  )
  return rows.map(({ number }) => number)
}

t.test(
  'a database without room for its log says that it is away, and goes on when there is room',
  async (t) => {
    using disk = fillableDisk()
    const clock = new ManualClock()
    const folder = join(parent, 'crashed')
    const pool = await openPglitePool({ folder, template: await pgliteTemplate(), clock })
    await using database = databaseOf(pool)
    const lost: unknown[] = []
    await database.listen({
      channel: 'heard',
      onPayload: () => undefined,
      onLost: (error) => lost.push(error),
    })
    await sql`create table notes (number integer primary key)`.execute(database.kysely)
    await note(database, 1)
    await sql`select pg_switch_wal()`.execute(database.kysely)

    disk.fill()
    await t.rejects(note(database, 2), AWAY, 'the statement that met the full disk')
    t.match(lost, [AWAY], 'who listens is told')
    await t.rejects(note(database, 3), AWAY, 'a try to open it again that fails')
    await t.rejects(note(database, 4), AWAY, 'no try, right after it')

    disk.free()
    await t.rejects(notes(database), AWAY, 'still no try')
    clock.advance(REOPEN_REST_MS)
    t.same(await notes(database), [1], 'what was committed is there, the rest is not')
    await note(database, 5)
    const heard = new Promise((resolve) => {
      void database
        .listen({ channel: 'heard', onPayload: resolve, onLost: () => t.fail('it is there') })
        .then(() => sql`select pg_notify('heard', 'again')`.execute(database.kysely))
    })
    t.equal(await heard, 'again')
    await database.close()

    await using reopened = databaseOf(await openPglitePool({ folder }))
    t.same(await notes(reopened), [1, 5])
  },
)

t.test('a database that crashed and can not be opened again is closed all the same', async (t) => {
  using disk = fillableDisk()
  const folder = join(parent, 'closed')
  const database = databaseOf(await openPglitePool({ folder, template: await pgliteTemplate() }))
  await sql`create table notes (number integer primary key)`.execute(database.kysely)
  await sql`select pg_switch_wal()`.execute(database.kysely)
  disk.fill()
  await t.rejects(note(database, 1), AWAY)
  await database.close()
  disk.free()
  await using reopened = databaseOf(await openPglitePool({ folder }))
  await note(reopened, 1)
  t.same(await notes(reopened), [1])
})
