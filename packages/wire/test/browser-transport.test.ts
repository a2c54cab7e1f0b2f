import { silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { WebSocketServer } from 'ws'
import type { BrowserSocket } from '../src/index.ts'
import {
  AddressUnusableError,
  BrowserTransport,
  DialFailedError,
  FrameTooLargeError,
  ReceiveBufferFullError,
} from '../src/index.ts'
import { createBrowserFixture, openStandardSocket } from './compliance/browser-fixture.ts'
import { drain, linkPair, take } from './compliance/link-pair.ts'
import { hiddenOf, numbered } from './compliance/sample-frames.ts'
import { transportCompliance } from './compliance/transport-compliance.ts'
import { testIdentity } from './support/test-identity.ts'

transportCompliance(t, createBrowserFixture)

const self = { node: 'page', role: 'client', software: 'test/1' } as const
const pageOf = (openSocket: (address: string) => BrowserSocket): BrowserTransport =>
  new BrowserTransport(
    { clock: systemClock, log: silentLog },
    { self, security: { identity: testIdentity() }, openSocket },
  )

t.test('can not listen', async (t) => {
  await t.rejects(pageOf(openStandardSocket).listen('ws://127.0.0.1:0'), AddressUnusableError)
})

t.test('fails to dial what the browser does not let it dial', async (t) => {
  const page = pageOf(() => {
    throw new SyntaxError('an insecure connection from a secure page')
  })
  await t.rejects(page.dial('ws://127.0.0.1:1'), DialFailedError)
})

t.test('holds what comes while nobody reads, and gives it out in order', async (t) => {
  await using fixture = createBrowserFixture()
  await using pair = await linkPair(fixture, { near: { limits: { inboxEntriesMax: 4 } } })
  const sent = Array.from({ length: 300 }, (_, i) => numbered(i))
  for (const message of sent) await pair.far.send(message)
  const goodbye = pair.far.close('all is sent')
  t.strictSame(await take(pair.near, 300), sent)
  t.strictSame(await drain(pair.near), [])
  await goodbye
  t.equal(pair.near.closeReason, 'all is sent')
})

t.test('breaks a link of which more waits than it may hold, by name', async (t) => {
  await using fixture = createBrowserFixture()
  const limits = {
    frameBytesMax: 256 * 1024,
    headerBytesMax: 32 * 1024,
    inboxEntriesMax: 1,
    inboxBytesMax: 512 * 1024,
  }
  await using pair = await linkPair(fixture, { near: { limits } })
  const told = t.rejects(drain(pair.far), { code: 'WIRE_LINK_CLOSED', message: /WIRE_RECEIVE_BUFFER_FULL/ })
  for (let i = 0; i < 8; i++) {
    await pair.far.send(hiddenOf(new Float32Array(32 * 1024))).catch(() => undefined)
  }
  await pair.near.closed
  await t.rejects(drain(pair.near), ReceiveBufferFullError)
  await told
})

t.test('refuses a frame over its limit by name', async (t) => {
  await using fixture = createBrowserFixture()
  const limits = { frameBytesMax: 64 * 1024, headerBytesMax: 32 * 1024 }
  await using pair = await linkPair(fixture, { near: { limits } })
  const received = drain(pair.near)
  await pair.far.send(hiddenOf(new Float32Array(32 * 1024)))
  await t.rejects(received, FrameTooLargeError)
})

t.test('refuses a peer that sends text', async (t) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => socket.send('welcome, page'))
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { readonly port: number }
  await t.rejects(pageOf(openStandardSocket).dial(`ws://127.0.0.1:${port}`), { code: 'WIRE_FRAME_MALFORMED' })
  for (const socket of server.clients) socket.terminate()
  server.close()
})
