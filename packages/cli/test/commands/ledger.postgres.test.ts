import { startPostgres } from '@shardline/ledger/testing'
import t from 'tap'
import type { LedgerPlace } from '../support/ledger-place.ts'
import { runHere } from '../support/run-here.ts'
import { ledgerReadSuite } from './ledger-read-suite.ts'
import { ledgerTamperSuite } from './ledger-tamper-suite.ts'
import { ledgerVerifySuite } from './ledger-verify-suite.ts'

const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())

t.test('ledger commands on PostgreSQL', { skip: reason ?? false }, async (t) => {
  if (server === undefined) return
  const place: LedgerPlace = {
    fresh: () => server.createDatabase(),
    copy: (location) => server.copyDatabase(location),
  }
  await ledgerVerifySuite(t, place)
  await ledgerReadSuite(t, place)
})

t.test(
  'ledger verify finds a change of any column of a copied database',
  { skip: reason ?? false },
  async (t) => {
    if (server === undefined) return
    await ledgerTamperSuite(t, {
      fresh: () => server.createDatabase(),
      copy: (location) => server.copyDatabase(location),
    })
  },
)

t.test('a database without a ledger is refused, and gets no tables', { skip: reason ?? false }, async (t) => {
  if (server === undefined) return
  const location = await server.createDatabase()
  for (const command of ['verify', 'accounts', 'transfers', 'export']) {
    const { code, stderr } = await runHere(['ledger', command, '--database', location])
    t.equal(code, 1, command)
    t.match(stderr, /code: LEDGER_MISSING/)
  }
})

t.test('a server that is not there is reported', async (t) => {
  const result = await runHere(['ledger', 'verify', '--database', 'postgres://nobody@127.0.0.1:9/none'])
  t.match(result, { code: 1, stderr: /code: LEDGER_DATABASE_UNAVAILABLE/ })
})
