import t from 'tap'
import { eventRules, lostEventRules } from './compliance/event-rules.ts'
import { openedSuite } from './compliance/opened-suite.ts'
import { accountRules, nodeRules } from './compliance/party-rules.ts'
import { processRules } from './compliance/process-rules.ts'
import { onPostgres } from './support/empty-databases.ts'

t.test('nodes, accounts, events and processes on PostgreSQL', (t) =>
  onPostgres(t, (openEmpty) =>
    openedSuite(t, openEmpty, {
      nodes: nodeRules,
      accounts: accountRules,
      events: eventRules,
      'events after a loss': lostEventRules,
      processes: processRules,
    }),
  ),
)
