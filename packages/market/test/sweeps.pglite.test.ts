import t from 'tap'
import { fairBillRules } from './compliance/fair-bill-rules.ts'
import { feedbackRules } from './compliance/feedback-rules.ts'
import { marketSuite } from './compliance/market-suite.ts'
import { sweepRules } from './compliance/sweep-rules.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('time, prices and feedback on PGlite', (t) =>
  marketSuite(t, emptyPglite, {
    sweeps: sweepRules,
    'fair bills': fairBillRules,
    feedback: feedbackRules,
  }),
)
