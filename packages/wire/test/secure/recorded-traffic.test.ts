import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
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

/** Passes a TCP connection on and keeps every byte of it, by direction. */
async function recordingProxy(port: number) {
  const up: Buffer[] = []
  const down: Buffer[] = []
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to, chunks] of [
      [near, far, up],
      [far, near, down],
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
    bytes: () => Buffer.concat([...up, ...down]),
    dialed: () => unmask(Buffer.concat(up)),
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

/** Payloads of a client's WebSocket frames (RFC 6455, 5.2), behind its HTTP request. Under their mask nothing is ever found. */
function unmask(bytes: Buffer): Buffer {
  const payloads: Buffer[] = []
  let at = bytes.indexOf('\r\n\r\n') + 4
  while (at < bytes.length) {
    const short = bytes.readUInt8(at + 1) & 0x7f
    const isLong = short === 126
    const length = isLong ? bytes.readUInt16BE(at + 2) : short
    if (short === 127) throw new Error('no frame of this test is that long')
    const maskAt = at + (isLong ? 4 : 2)
    const start = maskAt + 4
    const masked = bytes.subarray(start, start + length)
    payloads.push(Buffer.from(masked.map((byte, index) => byte ^ bytes.readUInt8(maskAt + (index % 4)))))
    at = start + length
  }
  return Buffer.concat(payloads)
}

/** What would give messages, names and keys away. */
function secretsOf(identities: readonly { readonly publicKey: Uint8Array }[]): readonly (string | Buffer)[] {
  const keys = identities.map(({ publicKey }) => Buffer.from(publicKey))
  return [CANARY, CANARY.slice(0, 4), 'pipeline', 'reason', ...keys]
}

t.test('the search finds in clear what a dialing side sends under its mask', async (t) => {
  const [one, other] = [testIdentity(), testIdentity()]
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.teardown(() => server.close())
  await once(server, 'listening')
  await using proxy = await recordingProxy((server.address() as AddressInfo).port)
  const socket = new WebSocket(proxy.address)
  await once(socket, 'open')
  for (const message of MESSAGES) socket.send(encodeFrame(message))
  for (const { publicKey } of [one, other]) socket.send(publicKey)
  socket.close()
  await once(socket, 'close')
  for (const secret of secretsOf([one, other])) {
    t.ok(proxy.dialed().includes(secret), secret.toString('latin1'))
    t.notOk(proxy.bytes().includes(secret), 'under its mask it is not')
  }
})

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
  const sent = inClear.reduce((sum, frame) => sum + frame.length, 0)
  t.ok(bytes.length > 2 * sent, 'all bytes were recorded')
  const dialed = proxy.dialed()
  t.ok(dialed.length > sent, 'the dialing side was recorded without its mask')
  for (const secret of secretsOf([one, other])) {
    t.notOk(bytes.includes(secret), String(secret))
    t.notOk(dialed.includes(secret), `${String(secret)} of the dialing side`)
  }
})
