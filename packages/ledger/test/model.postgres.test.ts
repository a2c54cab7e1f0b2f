import t from 'tap'
import { openPostgresPool } from '@shardline/ledger'
import { playModel } from './model/shadow-model.ts'
import { startPostgres } from './support/postgres-server.ts'

t.setTimeout(1_800_000)
const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())

t.test('the ledger on PostgreSQL does what its shadow does', { skip: reason ?? false }, async (t) => {
  if (server === undefined) return
  const pool = openPostgresPool({ url: await server.createDatabase() })
  await playModel(t, { pool, stepsShort: 600 })
})
