import t from 'tap'
import { lifeRules } from './compliance/life-rules.ts'
import { marketSuite } from './compliance/market-suite.ts'
import { receiptRules } from './compliance/receipt-rules.ts'
import { refusalRules } from './compliance/refusal-rules.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('requests on PGlite', (t) =>
  marketSuite(t, emptyPglite, {
    'from the queue to the payment': lifeRules,
    'what is refused': refusalRules,
    proof: receiptRules,
  }),
)
