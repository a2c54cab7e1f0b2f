import t from 'tap'
import { openDatabase } from '@shardline/ledger'
import { ledgerSuite } from './compliance/ledger-suite.ts'
import { startPostgres } from './support/postgres-server.ts'

const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())

t.test('the ledger on PostgreSQL', { skip: reason ?? false }, async (t) => {
  if (server !== undefined) await ledgerSuite(t, async () => openDatabase(await server.createDatabase()))
})
