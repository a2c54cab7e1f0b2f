import { openPostgresPool } from '@shardline/ledger'
import { startPostgres } from '@shardline/ledger/testing'
import t from 'tap'
import { playModel } from './model/play-model.ts'

t.setTimeout(1_800_000)
const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())

t.test('the market on PostgreSQL does what its shadow does', { skip: reason ?? false }, async (t) => {
  if (server === undefined) return
  const url = await server.createDatabase()
  const pools = [openPostgresPool({ url }), openPostgresPool({ url })]
  t.teardown(async () => {
    for (const pool of pools) await pool.end()
  })
  await playModel(t, { pools, stepsShort: 1_000 })
})
