import t from 'tap'
import { marketSuite } from './compliance/market-suite.ts'
import { settlementRules } from './compliance/settlement-rules.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('money on PGlite', (t) => marketSuite(t, emptyPglite, { settlement: settlementRules }))
