import { DatabaseUnavailableError, openDatabase } from '@shardline/ledger'
import { sql } from 'kysely'
import t from 'tap'
import { Ear, listenRules } from '../compliance/listen-rules.ts'
import { startPostgres } from '../support/postgres-server.ts'

t.test('listening on PostgreSQL', async (t) => {
  const { server, reason } = await startPostgres()
  if (server === undefined) {
    t.plan(0, reason)
    return
  }
  t.teardown(() => server[Symbol.asyncDispose]())
  const url = await server.createDatabase()
  await using database = await openDatabase(url)
  await listenRules(t, database)

  await t.test('another process is heard', async (t) => {
    await using other = await openDatabase(url)
    const ear = new Ear()
    const listening = await database.listen({ channel: 'shardline_test', ...ear.handlers })
    await sql`select pg_notify('shardline_test', 'from afar')`.execute(other.kysely)
    t.same(await ear.heard(1), ['from afar'])
    await listening.stop()
  })

  await t.test('a connection that the server ends is told once, with a code', async (t) => {
    const ear = new Ear()
    const listening = await database.listen({ channel: 'shardline_test', ...ear.handlers })
    await server.disconnectAll(url)
    t.match(await ear.lost(), [{ code: 'LEDGER_DATABASE_UNAVAILABLE' }])
    await t.resolves(listening.stop())
    t.equal(ear.losses.length, 1)
    const again = await database.listen({ channel: 'shardline_test', ...ear.handlers })
    await sql`select pg_notify('shardline_test', 'again')`.execute(database.kysely)
    t.same(await ear.heard(1), ['again'])
    await again.stop()
  })

  await t.test('a server that is not there is refused by name', async (t) => {
    await using nowhere = await openDatabase('postgres://postgres:test@127.0.0.1:1/nowhere')
    const ear = new Ear()
    await t.rejects(nowhere.listen({ channel: 'shardline_test', ...ear.handlers }), DatabaseUnavailableError)
    t.equal(ear.losses.length, 0, 'what never was is not lost')
  })
})
