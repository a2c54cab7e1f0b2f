import t from 'tap'
import { capacityRules } from './compliance/capacity-rules.ts'
import { openedSuite } from './compliance/opened-suite.ts'
import { noSupplyRules, priceRules } from './compliance/price-rules.ts'
import { onPostgres } from './support/empty-databases.ts'

t.test('prices on PostgreSQL', (t) =>
  onPostgres(t, (openEmpty) =>
    openedSuite(t, openEmpty, {
      'with supply': priceRules,
      'without supply': noSupplyRules,
      capacities: capacityRules,
    }),
  ),
)
