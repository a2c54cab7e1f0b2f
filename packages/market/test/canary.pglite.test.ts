import { runCanarySuite } from './canary/canary-suite.ts'
import { emptyPglite } from './support/empty-databases.ts'

runCanarySuite('PGlite', emptyPglite)
