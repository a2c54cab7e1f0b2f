import t from 'tap'
import { databaseOf, openPglitePool } from '@shardline/ledger'
import { pgliteTemplate } from './support/pglite-template.ts'
import { tamperEveryColumn } from './tamper/tamper-every-column.ts'

t.setTimeout(1_800_000)
t.test('tampering with any column of any row on PGlite is found', async (t) => {
  const pool = await openPglitePool({ folder: undefined, template: await pgliteTemplate() })
  await using database = databaseOf(pool)
  await tamperEveryColumn(t, database)
})
