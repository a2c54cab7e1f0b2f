import t from 'tap'
import { feedbackRules } from './compliance/feedback-rules.ts'
import { marketSuite } from './compliance/market-suite.ts'
import { settlementRules } from './compliance/settlement-rules.ts'
import { sweepRules } from './compliance/sweep-rules.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('money and time on PGlite', (t) =>
  marketSuite(t, emptyPglite, {
    settlement: settlementRules,
    sweeps: sweepRules,
    feedback: feedbackRules,
  }),
)
