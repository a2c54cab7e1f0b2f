import { pgliteTemplate } from '@shardline/ledger/testing'
import { openPglitePool } from '@shardline/ledger'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { runHere } from '../support/run-here.ts'
import { ledgerCommandSuite } from './ledger-suite.ts'

const parent = await mkdtemp(path.join(tmpdir(), 'shardline-cli-pglite-'))
t.teardown(() => rm(parent, { recursive: true, force: true }))
let count = 0

async function fresh(): Promise<string> {
  const folder = path.join(parent, String(count++))
  const pool = await openPglitePool({ folder, template: await pgliteTemplate() })
  await pool.end()
  return folder
}

t.test('ledger commands on an embedded database', (t) =>
  ledgerCommandSuite(t, {
    fresh,
    copy: async (location) => {
      const folder = path.join(parent, String(count++))
      await cp(location, folder, { recursive: true })
      return folder
    },
  }),
)

t.test('a folder without a database is refused, and stays as it is', async (t) => {
  const { code, stderr } = await runHere(['ledger', 'accounts', '--database', path.join(parent, 'no')])
  t.equal(code, 1)
  t.match(stderr, /there is no database in the folder .*no\n.*\n code: CLI_LEDGER_NOT_FOUND/)
})

t.test('a folder that is open elsewhere is refused, and a copy of it is not', async (t) => {
  const folder = await fresh()
  const pool = await openPglitePool({ folder })
  const refused = await runHere(['ledger', 'accounts', '--database', folder])
  t.match(refused, { code: 1, stderr: /process \d+ has the database in .* open/ })
  const copy = path.join(parent, 'copy')
  await pool.end()
  await cp(folder, copy, { recursive: true })
  t.match(await runHere(['ledger', 'accounts', '--database', copy]), { code: 0 })
})
