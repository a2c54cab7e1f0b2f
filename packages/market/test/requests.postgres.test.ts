import t from 'tap'
import { lifeRules } from './compliance/life-rules.ts'
import { marketSuite } from './compliance/market-suite.ts'
import { raceRules } from './compliance/race-rules.ts'
import { receiptRules } from './compliance/receipt-rules.ts'
import { refusalRules } from './compliance/refusal-rules.ts'
import { onPostgres } from './support/empty-databases.ts'

t.test('requests on PostgreSQL', (t) =>
  onPostgres(t, (openEmpty) =>
    marketSuite(t, openEmpty, {
      'from the queue to the payment': lifeRules,
      'what is refused': refusalRules,
      proof: receiptRules,
      races: raceRules,
    }),
  ),
)
