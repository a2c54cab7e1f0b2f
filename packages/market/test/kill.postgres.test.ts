import { startPostgres } from '@shardline/ledger/testing'
import t from 'tap'
import { killOften } from './kill/kill-often.ts'

t.setTimeout(1_800_000)
const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())

t.test(
  'kill -9 of a market that settles on PostgreSQL loses nothing and doubles nothing',
  { skip: reason ?? false },
  async (t) => {
    if (server !== undefined) await killOften(t, await server.createDatabase(), 6)
  },
)
