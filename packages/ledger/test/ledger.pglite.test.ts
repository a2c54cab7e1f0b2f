import t from 'tap'
import { databaseOf, openPglitePool } from '@shardline/ledger'
import { ledgerSuite } from './compliance/ledger-suite.ts'
import { pgliteTemplate } from './support/pglite-template.ts'

t.test('the ledger on PGlite', (t) =>
  ledgerSuite(t, async () =>
    databaseOf(await openPglitePool({ folder: undefined, template: await pgliteTemplate() })),
  ),
)
