import { openPglitePool } from '@shardline/ledger'
import path from 'node:path'
import t from 'tap'
import { pglitePlace } from '../support/pglite-place.ts'
import { runHere } from '../support/run-here.ts'
import { ledgerVerifySuite } from './ledger-verify-suite.ts'

t.test('ledger verify on an embedded database', async (t) => {
  await using place = await pglitePlace()
  await ledgerVerifySuite(t, place)
})

t.test('a folder that is open elsewhere is refused', async (t) => {
  await using place = await pglitePlace()
  const folder = await place.fresh()
  const pool = await openPglitePool({ folder })
  const refused = await runHere(['ledger', 'verify', '--database', folder])
  t.match(refused, { code: 1, stderr: /process \d+ has the database in .* open/ })
  await pool.end()
  t.match(await runHere(['ledger', 'verify', '--database', folder]), { code: 0 })
})

t.test('a folder without a database is refused, and stays as it is', async (t) => {
  await using place = await pglitePlace()
  const { code, stderr } = await runHere(['ledger', 'accounts', '--database', path.join(place.parent, 'no')])
  t.equal(code, 1)
  t.match(stderr, /there is no database in the folder .*no\n.*\n code: CLI_LEDGER_NOT_FOUND/)
})
