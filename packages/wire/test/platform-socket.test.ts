import t from 'tap'
import { openBrowserSocket } from '../src/index.ts'
import { createBrowserFixture } from './compliance/browser-fixture.ts'
import { transportCompliance } from './compliance/transport-compliance.ts'

if ('WebSocket' in globalThis) transportCompliance(t, () => createBrowserFixture(openBrowserSocket))
else
  t.test(
    'over the WebSocket of the platform',
    { skip: 'Node has one from version 22 on' },
    async () => undefined,
  )
