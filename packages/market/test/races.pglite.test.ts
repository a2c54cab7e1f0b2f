import t from 'tap'
import { marketSuite } from './compliance/market-suite.ts'
import { raceRules } from './compliance/race-rules.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('races on PGlite', (t) => marketSuite(t, emptyPglite, { races: raceRules }))
