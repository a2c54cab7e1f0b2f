import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { WebSocket } from 'ws'
import { DialFailedError, FRAME_BYTES_MAX, FrameMalformedError, WebSocketTransport } from '../src/index.ts'
import { WebSocketChannel } from '../src/websocket-channel.ts'
import { drain, linkPair, listenAndWait } from './compliance/link-pair.ts'
import { byeCode, helloFrame } from './compliance/sample-frames.ts'
import type { RawPeer } from './compliance/transport-fixture.ts'
import { transportCompliance } from './compliance/transport-compliance.ts'
import { createWebSocketFixture } from './compliance/websocket-fixture.ts'
import { rawSealedPeer } from './support/raw-sealed-peer.ts'
import { testIdentity } from './support/test-identity.ts'

transportCompliance(t, createWebSocketFixture)

const self = { node: 'far', role: 'worker', software: 'test/1' } as const
const security = { identity: testIdentity() }

/** Opens a WebSocket and resolves with the HTTP status of a refusal, or 101. */
async function upgradeStatus(address: string, origin: string | undefined): Promise<number> {
  const socket = new WebSocket(address, origin === undefined ? {} : { origin })
  socket.on('error', () => undefined)
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  })
  socket.terminate()
  return status
}

interface DialedSocket {
  readonly socket: WebSocket
  readonly raw: RawPeer
  /** What the socket writes to. */
  readonly stream: () => Duplex
}

/** A peer that has shaken hands, and its socket. */
async function dialBySocket(address: string): Promise<DialedSocket> {
  const socket = new WebSocket(address)
  let stream: Duplex | undefined
  socket.on('upgrade', (response) => {
    stream = response.socket
  })
  socket.on('error', () => undefined)
  const channel = new WebSocketChannel(socket, { address, frameBytesMax: FRAME_BYTES_MAX })
  const opened = once(socket, 'open').then(() => undefined)
  const raw = await rawSealedPeer(channel, { opened, identity: testIdentity() })
  return { socket, raw, stream: () => stream! }
}

t.test('refuses web pages, but those of allowed origins', async (t) => {
  const originsAllowed = ['https://chat.example']
  const transport = new WebSocketTransport(
    { clock: systemClock, log: silentLog },
    { self, security, originsAllowed },
  )
  await using listener = await transport.listen('ws://127.0.0.1:0', () => undefined)
  t.equal(await upgradeStatus(listener.address, 'https://elsewhere.example'), 403)
  t.equal(await upgradeStatus(listener.address, 'https://chat.example'), 101)
  t.equal(await upgradeStatus(listener.address, undefined), 101)
})

t.test('tells a browser that it is no web server', async (t) => {
  await using fixture = createWebSocketFixture()
  await using waiting = await listenAndWait(fixture)
  const get = request(waiting.listener.address.replace('ws:', 'http:'))
  get.end()
  const [response] = await once(get, 'response')
  t.equal(response.statusCode, 426)
  response.resume()
})

t.test('refuses text messages', async (t) => {
  await using fixture = createWebSocketFixture()
  await using waiting = await listenAndWait(fixture)
  const { socket, raw } = await dialBySocket(waiting.listener.address)
  raw.send(helloFrame())
  const far = await waiting.accept()
  const closed = once(socket, 'close')
  socket.send('{"kind":"join"}')
  await t.rejects(drain(far), FrameMalformedError)
  await closed
})

t.test('refuses bytes that are no WebSocket messages', async (t) => {
  await using fixture = createWebSocketFixture()
  await using waiting = await listenAndWait(fixture)
  const { socket, raw, stream } = await dialBySocket(waiting.listener.address)
  raw.send(helloFrame())
  const far = await waiting.accept()
  stream().write(Buffer.alloc(64, 0xff))
  await t.rejects(drain(far), FrameMalformedError)
  socket.terminate()
})

const unfinished: Readonly<Record<string, (stream: Socket) => Promise<void>>> = {
  'say nothing': async () => undefined,
  'stop in the middle of their request': async (stream) => {
    stream.write('GET / HT')
  },
  'say a character at a time': (stream) => dribble(stream, 'GET / HTTP/1.1\r\nHost: '),
  // Past what is held of a request, so that it is HTTP's affair.
  'say a long request a character at a time': (stream) =>
    dribble(stream, `GET / HTTP/1.1\r\nHost: ${'a'.repeat(2048)}`),
}

/** Begins a request that never ends. */
async function dribble(stream: Socket, beginning: string): Promise<void> {
  stream.write(beginning)
  while (!stream.destroyed) {
    await systemClock.sleep(20)
    stream.write('a')
  }
}

for (const [what, say] of Object.entries(unfinished)) {
  t.test(`cuts connections that ${what}`, async (t) => {
    await using fixture = createWebSocketFixture()
    const limits = { handshakeMsMax: 100, silentMsMax: 100 }
    await using waiting = await listenAndWait(fixture, { limits })
    const stream = connect(Number(new URL(waiting.listener.address).port), '127.0.0.1')
    stream.on('error', () => undefined)
    stream.resume()
    await Promise.all([once(stream, 'close'), say(stream)])
    t.ok(stream.destroyed)
  })
}

t.test('listens on IPv6 where there is one', async (t) => {
  const transport = new WebSocketTransport({ clock: systemClock, log: silentLog }, { self, security })
  const listener = await transport.listen('ws://[::1]:0', () => undefined).catch(() => undefined)
  if (listener === undefined) {
    t.comment('no IPv6 on this machine')
    return
  }
  const link = await transport.dial(listener.address)
  t.match(listener.address, /^ws:\/\/\[::1\]:\d+$/)
  await link.close('done')
  await listener.close()
})

t.test('fails to dial a server that speaks something else', async (t) => {
  await using fixture = createWebSocketFixture()
  await using pair = await linkPair(fixture)
  await t.rejects(fixture.create().dial(pair.listener.address.replace('ws:', 'wss:')), DialFailedError)
})

t.test('says that a handshake is too large', async (t) => {
  await using fixture = createWebSocketFixture()
  await using waiting = await listenAndWait(fixture)
  const raw = await fixture.rawDial(waiting.listener.address)
  raw.send(new Uint8Array(65_536 - 1000))
  t.equal(byeCode(await raw.next()), 'WIRE_FRAME_MALFORMED')
  await raw.closed
})
