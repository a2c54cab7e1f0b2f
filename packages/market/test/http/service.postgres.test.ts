import t from 'tap'
import { onPostgres } from '../support/empty-databases.ts'
import { runHttpSuite } from './real-suite.ts'

await onPostgres(t, async (openEmpty) => runHttpSuite('PostgreSQL', openEmpty))
