import { DatabaseLostError, databaseOf, openPglitePool } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { fillableDisk } from '../support/full-disk.ts'
import { pgliteTemplate } from '../support/pglite-template.ts'

const parent = await mkdtemp(join(tmpdir(), 'shardline-lost-folder-'))
t.teardown(() => rm(parent, { recursive: true, force: true }))

async function open(name: string, folderWatchMs: number): Promise<LedgerDatabase & { folder: string }> {
  const folder = join(parent, name)
  const pool = await openPglitePool({ folder, template: await pgliteTemplate(), folderWatchMs })
  return { ...databaseOf(pool), folder }
}

/** Resolves with why a database is lost. To watch a folder keeps no process alive, so this does. */
function whyLost({ lost }: LedgerDatabase): Promise<unknown> {
  const alive = setInterval(() => undefined, 60_000)
  return new Promise((resolve) => {
    const onLost = (): void => {
      clearInterval(alive)
      resolve(lost.reason)
    }
    lost.addEventListener('abort', onLost, { once: true })
  })
}

t.test('a database whose folder is deleted is lost, takes nothing more, and closes', async (t) => {
  await using database = await open('deleted', 5)
  const why = whyLost(database)
  const handlers = { onPayload: () => undefined, onLost: () => undefined }
  const listening = await database.listen({ channel: 'shardline_test', ...handlers })
  await rm(database.folder, { recursive: true })
  t.match(await why, { code: 'LEDGER_DATABASE_LOST', retryable: false, details: { where: database.folder } })
  await t.rejects(sql`select 1`.execute(database.kysely), DatabaseLostError)
  await t.resolves(listening.stop())
  await t.resolves(database.close())
})

t.test('a database is lost when another folder is in its place, whose lock stays', async (t) => {
  await using database = await open('replaced', 5)
  const { folder } = database
  const why = whyLost(database)
  await rename(folder, join(parent, 'moved'))
  t.type(await why, DatabaseLostError)
  await cp(join(parent, 'moved'), folder, { recursive: true })
  const lock = JSON.stringify({ pid: process.ppid, folder })
  await writeFile(join(folder, 'shardline.lock'), lock)
  await database.close()
  t.equal(await readFile(join(folder, 'shardline.lock'), 'utf8'), lock, 'it is of whoever opened the other')
})

t.test('a database that crashed is not opened again in a folder that is another', async (t) => {
  using disk = fillableDisk()
  await using database = await open('crashed', 60_000)
  await cp(database.folder, join(parent, 'copy'), { recursive: true })
  await sql`create table notes (number integer)`.execute(database.kysely)
  await sql`insert into notes values (0)`.execute(database.kysely)
  await sql`select pg_switch_wal()`.execute(database.kysely)
  disk.fill()
  await t.rejects(sql`insert into notes values (1)`.execute(database.kysely), {
    code: 'LEDGER_DATABASE_UNAVAILABLE',
  })
  disk.free()
  await rm(database.folder, { recursive: true })
  await rename(join(parent, 'copy'), database.folder)
  await t.rejects(sql`select 1`.execute(database.kysely), DatabaseLostError)
})
