import t from 'tap'
import { fairBillRules } from './compliance/fair-bill-rules.ts'
import { feedbackRules } from './compliance/feedback-rules.ts'
import { marketSuite } from './compliance/market-suite.ts'
import { settlementRules } from './compliance/settlement-rules.ts'
import { sweepRules } from './compliance/sweep-rules.ts'
import { onPostgres } from './support/empty-databases.ts'

t.test('money and time on PostgreSQL', (t) =>
  onPostgres(t, (openEmpty) =>
    marketSuite(t, openEmpty, {
      settlement: settlementRules,
      sweeps: sweepRules,
      'fair bills': fairBillRules,
      feedback: feedbackRules,
    }),
  ),
)
