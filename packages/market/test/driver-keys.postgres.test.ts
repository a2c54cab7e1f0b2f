import t from 'tap'
import { driverKeyRules } from './compliance/driver-key-rules.ts'
import { onPostgres } from './support/empty-databases.ts'

t.test('the log of driver keys on PostgreSQL', (t) =>
  onPostgres(t, (openEmpty) => driverKeyRules(t, openEmpty)),
)
