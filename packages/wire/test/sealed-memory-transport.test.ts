import t from 'tap'
import { createMemoryFixture } from './compliance/memory-fixture.ts'
import { transportCompliance } from './compliance/transport-compliance.ts'

transportCompliance(t, () => createMemoryFixture({ isSealed: true }))
