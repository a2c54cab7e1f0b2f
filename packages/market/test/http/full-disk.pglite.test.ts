import { ManualClock } from '@shardline/core'
import { REOPEN_REST_MS, databaseOf, openPglitePool } from '@shardline/ledger'
import { fillableDisk, pgliteTemplate } from '@shardline/ledger/testing'
import { sql } from 'kysely'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { newId, serveReal } from '../support/real-server.ts'

t.test('a market answers by name while its disk is full, and goes on without a restart', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shardline-market-disk-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  using disk = fillableDisk()
  const clock = new ManualClock()
  const pool = await openPglitePool({ folder, template: await pgliteTemplate(), clock })
  await using database = databaseOf(pool)
  await using served = await serveReal(database)
  const { client, operator, user, must } = served
  const deposit = (id: string, amount: string) =>
    client.ask('POST', '/v1/deposits', { as: operator, body: { id, party: user.id, amount } })
  const available = async (): Promise<bigint> =>
    BigInt(String((await must('GET', '/v1/balance', { as: user }))['available']))
  const before = await available()
  t.equal((await deposit(newId(), '1000')).status, 200)
  await sql`select pg_switch_wal()`.execute(database.kysely)

  disk.fill()
  const id = newId()
  for (let tries = 0; tries < 3; tries++) {
    const { status, body } = await deposit(id, '500')
    t.equal(status, 503)
    t.match(body, { error: { code: 'LEDGER_DATABASE_UNAVAILABLE', retryable: true } })
  }
  t.equal((await client.ask('GET', '/healthz')).status, 200)
  t.equal((await client.ask('GET', '/readyz')).status, 503)

  disk.free()
  clock.advance(REOPEN_REST_MS)
  t.equal((await deposit(id, '500')).status, 200, 'sent again')
  t.equal(
    await available(),
    before + 1500n,
    'what was there before stayed, and what was sent again counts once',
  )
  t.equal((await client.ask('GET', '/readyz')).status, 200)
})
