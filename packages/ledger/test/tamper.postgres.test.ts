import t from 'tap'
import { openDatabase } from '@shardline/ledger'
import { startPostgres } from './support/postgres-server.ts'
import { tamperEveryColumn } from './tamper/tamper-every-column.ts'

t.setTimeout(1_800_000)
const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())

t.test(
  'tampering with any column of any row on PostgreSQL is found',
  { skip: reason ?? false },
  async (t) => {
    if (server === undefined) return
    await using database = await openDatabase(await server.createDatabase())
    await tamperEveryColumn(t, database)
  },
)
