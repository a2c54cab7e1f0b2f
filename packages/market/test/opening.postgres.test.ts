import t from 'tap'
import { openedSuite } from './compliance/opened-suite.ts'
import { openingRules } from './compliance/opening-rules.ts'
import { shortageRules } from './compliance/shortage-rules.ts'
import { waitingRules } from './compliance/waiting-rules.ts'
import { onPostgres } from './support/empty-databases.ts'

t.test('opening requests on PostgreSQL', (t) =>
  onPostgres(t, (openEmpty) =>
    openedSuite(t, openEmpty, {
      opening: openingRules,
      'too few credits': shortageRules,
      'until it is claimed': waitingRules,
    }),
  ),
)
