import t from 'tap'
import { openPglitePool } from '@shardline/ledger'
import { playModel } from './model/shadow-model.ts'
import { pgliteTemplate } from './support/pglite-template.ts'

t.setTimeout(1_800_000)
t.test('the ledger on PGlite does what its shadow does', async (t) => {
  const pool = await openPglitePool({ folder: undefined, template: await pgliteTemplate() })
  await playModel(t, { pool, stepsShort: 250 })
})
