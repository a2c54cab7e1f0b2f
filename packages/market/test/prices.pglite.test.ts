import t from 'tap'
import { capacityRules } from './compliance/capacity-rules.ts'
import { openedSuite } from './compliance/opened-suite.ts'
import { noSupplyRules, priceRules } from './compliance/price-rules.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('prices on PGlite', (t) =>
  openedSuite(t, emptyPglite, {
    'with supply': priceRules,
    'without supply': noSupplyRules,
    capacities: capacityRules,
  }),
)
