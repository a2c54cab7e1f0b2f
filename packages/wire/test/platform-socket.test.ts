import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openBrowserSocket } from '../src/index.ts'
import { createBrowserFixture } from './compliance/browser-fixture.ts'
import { transportCompliance } from './compliance/transport-compliance.ts'

/** Node has the WebSocket of web pages from version 22 on; before, it has to be told to. */
const FLAG = '--experimental-websocket'

if ('WebSocket' in globalThis) transportCompliance(t, () => createBrowserFixture(openBrowserSocket))
else {
  const self = fileURLToPath(import.meta.url)
  t.spawn(process.execPath, [...process.execArgv, FLAG, self], {}, 'over the WebSocket of the platform')
}
