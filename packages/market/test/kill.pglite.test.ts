import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPglitePool } from '@shardline/ledger'
import { pgliteTemplate } from '@shardline/ledger/testing'
import t from 'tap'
import { killOften } from './kill/kill-often.ts'

t.setTimeout(1_800_000)
t.test('kill -9 of a market that settles on PGlite loses nothing and doubles nothing', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'shardline-market-kill-'))
  t.teardown(() => rm(parent, { recursive: true, force: true }))
  const folder = join(parent, 'data')
  const pool = await openPglitePool({ folder, template: await pgliteTemplate() })
  await pool.end()
  await killOften(t, folder, 3)
})
