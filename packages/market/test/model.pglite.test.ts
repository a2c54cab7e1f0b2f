import { openPglitePool } from '@shardline/ledger'
import { pgliteTemplate } from '@shardline/ledger/testing'
import t from 'tap'
import { playModel } from './model/play-model.ts'

t.setTimeout(1_800_000)
t.test('the market on PGlite does what its shadow does', async (t) => {
  const pool = await openPglitePool({ folder: undefined, template: await pgliteTemplate() })
  t.teardown(() => pool.end())
  await playModel(t, { pools: [pool, pool], stepsShort: 400 })
})
