import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { encodeFrame, WebSocketTransport } from '../../src/index.ts'
import type { Link, Message } from '../../src/index.ts'
import { hiddenOf } from '../compliance/sample-frames.ts'
import { testIdentity } from '../support/test-identity.ts'

const CANARY = 'canary-7c1f0e'

/** A float whose bytes are the first four of the canary. */
const CANARY_FLOAT = Buffer.from(CANARY).readFloatLE(0)

const MESSAGES: readonly Message[] = [
  { kind: 'join', pipeline: CANARY, epoch: 1 },
  { kind: 'leaving', reason: `${CANARY} `.repeat(50) },
  hiddenOf(new Float32Array(4096).fill(CANARY_FLOAT)),
]

/** Passes a TCP connection on and keeps every byte of it. */
async function recordingProxy(port: number) {
  const chunks: Buffer[] = []
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => chunks.push(chunk))
      from.on('error', () => undefined)
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => Buffer.concat(chunks),
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

t.test('nothing of a message, a name or a key is to be found in the bytes that travel', async (t) => {
  const [one, other] = [testIdentity(), testIdentity()]
  const components = { clock: systemClock, log: silentLog }
  const self = { node: `${CANARY}-far`, role: 'worker', software: `${CANARY}/1` } as const
  const far = new WebSocketTransport(components, { self, security: { identity: one } })
  const near = new WebSocketTransport(components, { self, security: { identity: other } })
  const echoed: Message[] = []
  const serve = async (link: Link): Promise<void> => {
    for await (const message of link.messages()) await link.send(message)
  }
  await using listener = await far.listen('ws://127.0.0.1:0', (link) => void serve(link))
  await using proxy = await recordingProxy(Number(new URL(listener.address).port))
  const link = await near.dial(proxy.address, { expectPublicKey: one.publicKey })
  for (const message of MESSAGES) await link.send(message)
  for await (const message of link.messages()) {
    if (echoed.push(message) === MESSAGES.length) break
  }
  await link.close(CANARY)
  t.strictSame(echoed, MESSAGES)
  const bytes = proxy.bytes()
  const inClear = MESSAGES.map((message) => Buffer.from(encodeFrame(message)))
  t.ok(
    inClear.every((frame) => frame.includes(CANARY.slice(0, 4))),
    'a frame in clear has it',
  )
  t.ok(bytes.length > 2 * inClear.reduce((sum, frame) => sum + frame.length, 0), 'all bytes were recorded')
  const secrets = [
    CANARY,
    CANARY.slice(0, 4),
    'pipeline',
    'leaving',
    ...[one, other].map(({ publicKey }) => Buffer.from(publicKey)),
  ]
  for (const secret of secrets) t.notOk(bytes.includes(secret), String(secret))
})
