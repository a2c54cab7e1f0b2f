import t from 'tap'
import { giveUpRules } from './compliance/give-up-rules.ts'
import { heldClaimsRules } from './compliance/held-claims-rules.ts'
import { marketSuite } from './compliance/market-suite.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('drivers that let requests go on PGlite', (t) =>
  marketSuite(t, emptyPglite, {
    'given up by its driver': giveUpRules,
    'a driver that starts anew': heldClaimsRules,
  }),
)
