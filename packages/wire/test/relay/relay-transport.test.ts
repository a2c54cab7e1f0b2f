import t from 'tap'
import { createRelayFixture } from '../compliance/relay-fixture.ts'
import { transportCompliance } from '../compliance/transport-compliance.ts'

transportCompliance(t, createRelayFixture)
