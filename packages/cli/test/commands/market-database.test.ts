import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { RunningCommand } from '../support/command.ts'

t.test('a market whose database folder is deleted ends by name', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'shardline-market-folder-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const database = path.join(folder, 'database')
  const options = { cache: folder, env: { SHARDLINE_KEYS: path.join(folder, 'keys') } }
  await using market = new RunningCommand(['market', '--port=0', `--database=${database}`], options)
  await market.untilWritten('stdout', /listening on http/)
  await rm(database, { recursive: true })
  t.match(await market.ended, { code: 1, signal: null, stderr: /code: LEDGER_DATABASE_LOST/ })
})
