import t from 'tap'
import { driverKeyRules } from './compliance/driver-key-rules.ts'
import { emptyPglite } from './support/empty-databases.ts'

t.test('the log of driver keys on PGlite', (t) => driverKeyRules(t, emptyPglite))
