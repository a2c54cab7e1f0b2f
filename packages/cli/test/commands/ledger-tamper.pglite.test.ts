import t from 'tap'
import { pglitePlace } from '../support/pglite-place.ts'
import { ledgerTamperSuite } from './ledger-tamper-suite.ts'

const skip =
  process.env['SHARDLINE_SOAK'] === '1' ? false : 'part of the long form: a copy of a folder for each column'

t.setTimeout(600_000)
t.test('ledger verify finds a change of any column of a copied folder', { skip }, async (t) => {
  await using place = await pglitePlace()
  await ledgerTamperSuite(t, place)
})
