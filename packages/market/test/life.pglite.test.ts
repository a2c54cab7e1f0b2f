import t from 'tap'
import { lifeRules } from './compliance/life-rules.ts'
import { marketSuite } from './compliance/market-suite.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('requests on PGlite', (t) => marketSuite(t, emptyPglite, { life: lifeRules }))
