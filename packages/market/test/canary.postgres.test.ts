import t from 'tap'
import { runCanarySuite } from './canary/canary-suite.ts'
import { onPostgres } from './support/empty-databases.ts'

await onPostgres(t, async (openEmpty) => runCanarySuite('PostgreSQL', openEmpty))
