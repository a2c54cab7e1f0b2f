import t from 'tap'
import { eventRules } from './compliance/event-rules.ts'
import { openedSuite } from './compliance/opened-suite.ts'
import { accountRules, nodeRules } from './compliance/party-rules.ts'
import { processRules } from './compliance/process-rules.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('nodes, accounts, events and processes on PGlite', (t) =>
  openedSuite(t, emptyPglite, {
    nodes: nodeRules,
    accounts: accountRules,
    events: eventRules,
    processes: processRules,
  }),
)
