import t from 'tap'
import { giveUpRules } from './compliance/give-up-rules.ts'
import { heldClaimsRules } from './compliance/held-claims-rules.ts'
import { marketSuite } from './compliance/market-suite.ts'
import { onPostgres } from './support/empty-databases.ts'

t.test('drivers that let requests go on PostgreSQL', (t) =>
  onPostgres(t, (openEmpty) =>
    marketSuite(t, openEmpty, {
      'given up by its driver': giveUpRules,
      'a driver that starts anew': heldClaimsRules,
    }),
  ),
)
