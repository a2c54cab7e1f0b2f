import t from 'tap'
import { pglitePlace } from '../support/pglite-place.ts'
import { ledgerReadSuite } from './ledger-read-suite.ts'

t.test('ledger accounts, transfers and export on an embedded database', async (t) => {
  await using place = await pglitePlace()
  await ledgerReadSuite(t, place)
})
