import { writeSync } from 'node:fs'
import { silentLog, systemClock } from '@shardline/core'
import { WebSocketTransport } from '../../src/index.ts'
import { testIdentity } from './test-identity.ts'

// Listens at two addresses in a process that may have few files open, and says where.

const transport = new WebSocketTransport(
  { clock: systemClock, log: silentLog },
  { self: { node: 'limited', role: 'worker', software: 'test/1' }, security: { identity: testIdentity() } },
)
const listeners = await Promise.all([1, 2].map(() => transport.listen('ws://127.0.0.1:0', () => undefined)))
writeSync(1, `${JSON.stringify(listeners.map(({ address }) => address))}\n`)
// Whoever started it is gone.
process.stdin.resume().once('end', () => process.exit())
