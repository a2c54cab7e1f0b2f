import { emptyPglite } from '../support/empty-databases.ts'
import { runHttpSuite } from './real-suite.ts'

runHttpSuite('embedded', emptyPglite)
