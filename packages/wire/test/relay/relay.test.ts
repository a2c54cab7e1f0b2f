import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ManualClock, silentLog, systemClock, systemRandom } from '@shardline/core'
import t from 'tap'
import { WebSocket } from 'ws'
import type { LinkIdentity, RelayTransportInit } from '../../src/index.ts'
import {
  AddressUnusableError,
  DialFailedError,
  PeerWrongError,
  RelayBusyError,
  RelayTransport,
  WebSocketTransport,
} from '../../src/index.ts'
import { dialPath } from '../../src/relay/relay-paths.ts'
import { advanceUntil } from '../compliance/advance-until.ts'
import { drain, take } from '../compliance/link-pair.ts'
import { startRelay } from '../compliance/relay-fixture.ts'
import { numbered } from '../compliance/sample-frames.ts'
import { registerRawNode, takeRawCall, webSocketOf } from '../support/raw-relay-node.ts'
import { recordTcp } from '../support/record-tcp.ts'
import { createRecordingLog } from '../support/recording-log.ts'
import type { RecordingLog } from '../support/recording-log.ts'
import { testIdentity } from '../support/test-identity.ts'

const QUICK = { retryMsMin: 5, retryMsMax: 50 }

/** A peer that is reached, and reaches others, through relays. */
function peer(
  options: Partial<RelayTransportInit> & {
    readonly identity?: LinkIdentity
    readonly log?: RecordingLog
  } = {},
): RelayTransport {
  const { identity = testIdentity(), log = silentLog, ...init } = options
  return new RelayTransport(
    { clock: systemClock, log, random: systemRandom },
    {
      self: { node: 'peer', role: 'worker', software: 'test/1' },
      security: { identity },
      ...QUICK,
      ...init,
    },
  )
}

/** Tries until it works. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch {
      await sleep(10)
    }
  }
}

/** What opening a WebSocket there is answered with. */
async function statusOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const socket = new WebSocket(url, { headers })
  socket.on('error', () => undefined)
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  })
  socket.terminate()
  return status
}

t.test('says that nobody is registered under a name', async (t) => {
  await using relay = await startRelay()
  const dialing = peer().dial(`${relay.address}/nobody`)
  await t.rejects(dialing, DialFailedError)
  await t.rejects(dialing, { message: /no node is registered there/ })
  t.equal(relay.counters.refused['not-found'], 1)
})

t.test('tells who has to be there from who is', async (t) => {
  await using relay = await startRelay()
  await using listener = await peer().listen(relay.address ?? '', () => undefined)
  const expectPublicKey = testIdentity().publicKey
  await t.rejects(peer().dial(listener.address, { expectPublicKey }), PeerWrongError)
})

t.test('nodes register again at a relay that was started again, and are dialed as before', async (t) => {
  const first = await startRelay()
  const address = first.address ?? ''
  await using listener = await peer().listen(address, (link) => void link.send(numbered(7)))
  await first.stop()
  await t.rejects(peer().dial(listener.address), DialFailedError)
  await using second = await startRelay({ listen: webSocketOf(address) })
  const link = await eventually(() => peer().dial(listener.address))
  t.strictSame(await take(link, 1), [numbered(7)])
  t.equal(second.counters.registrations, 1)
  await link.close('done')
})

t.test('links outlive the link over which their node is called', async (t) => {
  await using relay = await startRelay()
  const identity = testIdentity()
  await using listener = await peer({ identity }).listen(relay.address ?? '', (link) => {
    void (async () => {
      for await (const message of link.messages()) await link.send(message)
    })()
  })
  const link = await peer().dial(listener.address)
  const { link: newer } = await registerRawNode(relay.address ?? '', { identity, onCall: () => undefined })
  await link.send(numbered(1))
  t.strictSame(await take(link, 1), [numbered(1)])
  await link.close('done')
  await newer.close('done')
})

t.test('the newest process of a key is called, and the older one is told and gives way', async (t) => {
  await using relay = await startRelay()
  const identity = testIdentity()
  const log = createRecordingLog()
  const address = relay.address ?? ''
  await using older = await peer({ identity, log }).listen(address, (link) => void link.close('the older'))
  await using newer = await peer({ identity }).listen(address, (link) => void link.close('the newer'))
  t.equal(older.address, newer.address)
  await eventually(async () => {
    if (!log.lines.some(({ event }) => event === 'relay-replaced')) throw new Error('not yet')
  })
  const link = await peer().dial(newer.address)
  await drain(link)
  t.equal(link.closeReason, 'the newer')
  t.equal(relay.counters.registrations, 1)
})

t.test('takes no more nodes than its limits allow, in all and from one address', async (t) => {
  for (const limits of [{ registrationsMax: 1 }, { registrationsPerAddressMax: 1 }]) {
    await using relay = await startRelay({ limits })
    await using listener = await peer().listen(relay.address ?? '', () => undefined)
    const failure = await peer()
      .listen(relay.address ?? '', () => undefined)
      .catch((cause: unknown) => cause)
    t.type(failure, AddressUnusableError, JSON.stringify(limits))
    t.match((failure as Error).message, /WIRE_(RELAY_BUSY|LISTENER_FULL)|its limit|takes no more/)
    await listener.close()
  }
})

t.test('takes only nodes that it admits', async (t) => {
  const welcome = testIdentity()
  const admit = (key: Uint8Array): boolean => Buffer.from(key).equals(welcome.publicKey)
  await using relay = await startRelay({ security: { identity: testIdentity(), admit } })
  await t.rejects(
    peer().listen(relay.address ?? '', () => undefined),
    { code: 'WIRE_ADDRESS_UNUSABLE', message: /refused/ },
  )
  await using listener = await peer({ identity: welcome }).listen(relay.address ?? '', () => undefined)
  const link = await peer().dial(listener.address)
  t.equal(link.peer.node, 'peer', 'whoever dials needs no permission of the relay')
  await link.close('done')
})

t.test('a node takes calls only of the relay that it trusts', async (t) => {
  await using relay = await startRelay()
  await t.rejects(
    peer({ relayKey: () => testIdentity(1).publicKey }).listen(relay.address ?? '', () => undefined),
    { code: 'WIRE_ADDRESS_UNUSABLE', message: /which was expected there/ },
  )
})

t.test('opens no more pipes than its limits allow, and one again when another ends', async (t) => {
  for (const limits of [{ pipesMax: 1 }, { pipesPerNodeMax: 1 }, { pipesPerAddressMax: 1 }]) {
    await using relay = await startRelay({ limits })
    await using listener = await peer().listen(relay.address ?? '', () => undefined)
    const first = await peer().dial(listener.address)
    await t.rejects(peer().dial(listener.address), RelayBusyError, JSON.stringify(limits))
    await first.close('done')
    const second = await eventually(() => peer().dial(listener.address))
    await second.close('done')
    t.ok(relay.counters.refused.busy >= 1)
  }
})

t.test('refuses dials of an address that dials too often', async (t) => {
  await using relay = await startRelay({ limits: { dialsPerMinuteMax: 1 } })
  await t.rejects(peer().dial(`${relay.address}/nobody`), DialFailedError)
  await t.rejects(peer().dial(`${relay.address}/nobody`), RelayBusyError)
  t.equal(relay.counters.refused.rate, 1)
})

t.test('gives up on a node that does not take its call, and holds few such calls', async (t) => {
  const clock = new ManualClock()
  await using relay = await startRelay({ clock, limits: { callMsMax: 2_000, callsPerNodeMax: 1 } })
  let onCall = (): void => undefined
  const called = new Promise<void>((resolve) => {
    onCall = resolve
  })
  const node = await registerRawNode(relay.address ?? '', { onCall: () => onCall() })
  const dialing = t.rejects(peer().dial(node.address), {
    code: 'WIRE_DIAL_FAILED',
    message: /did not answer/,
  })
  await called
  await t.rejects(peer().dial(node.address), RelayBusyError)
  await advanceUntil(clock, 100, dialing)
  t.equal(relay.counters.refused.unanswered, 1)
  await node.link.close('done')
})

t.test('lets nobody take a call who was not told of it', async (t) => {
  await using relay = await startRelay()
  const url = webSocketOf(relay.address ?? '')
  t.equal(await statusOf(`${url}/take/${'0d'.repeat(32)}`), 404)
})

t.test('opens nothing for web pages, or under other paths', async (t) => {
  await using relay = await startRelay()
  await using listener = await peer().listen(relay.address ?? '', () => undefined)
  const url = webSocketOf(relay.address ?? '')
  const name = listener.address.split('/').at(-1) ?? ''
  const origin = { origin: 'https://elsewhere.example' }
  t.equal(await statusOf(`${url}${dialPath(name)}`), 101)
  t.equal(await statusOf(`${url}${dialPath(name)}`, origin), 403)
  t.equal(await statusOf(url, origin), 403)
  t.equal(await statusOf(`${url}/elsewhere`), 404)
  const response = await fetch(url.replace('ws', 'http'))
  t.equal(response.status, 426)
})

t.test('closes a link over which nobody registers', async (t) => {
  const clock = new ManualClock()
  await using relay = await startRelay({ clock })
  const self = { node: 'idle', role: 'worker', software: 'test/1' } as const
  const control = new WebSocketTransport(
    { clock: systemClock, log: silentLog },
    { self, security: { identity: testIdentity() } },
  )
  const link = await control.dial(webSocketOf(relay.address ?? ''))
  t.strictSame(await advanceUntil(clock, 100, drain(link)), [])
  t.equal(link.closeReason, 'it did not register')
})

t.test('refuses by name what is no registration', async (t) => {
  await using relay = await startRelay()
  const self = { node: 'wrong', role: 'worker', software: 'test/1' } as const
  const control = new WebSocketTransport(
    { clock: systemClock, log: silentLog },
    { self, security: { identity: testIdentity() } },
  )
  const link = await control.dial(webSocketOf(relay.address ?? ''))
  await link.send(numbered(1))
  t.match(await drain(link), [{ kind: 'error', code: 'WIRE_MESSAGE_UNEXPECTED' }])
})

t.test('cuts a pipe over which nothing goes', async (t) => {
  const clock = new ManualClock()
  await using relay = await startRelay({ clock, limits: { pipeIdleMsMax: 1_000 } })
  const node = await registerRawNode(relay.address ?? '', {
    onCall: ({ call }) => void takeRawCall(relay.address ?? '', call),
  })
  const socket = new WebSocket(
    `${webSocketOf(relay.address ?? '')}${dialPath(node.address.split('/').at(-1) ?? '')}`,
  )
  await once(socket, 'open')
  await advanceUntil(clock, 50, once(socket, 'close'))
  await eventually(async () => {
    if (relay.counters.pipes > 0) throw new Error('not yet')
  })
  t.equal(relay.counters.pipesOpened, 1)
  await node.link.close('done')
})

t.test('takes no calls while it stops, and lets pipes end', async (t) => {
  const relay = await startRelay({ limits: { stopMsMax: 5000 } })
  await using listener = await peer().listen(relay.address ?? '', (link) => {
    void (async () => {
      for await (const message of link.messages()) await link.send(message)
    })()
  })
  const link = await peer().dial(listener.address)
  const stopping = relay.stop()
  await t.rejects(peer().dial(listener.address), DialFailedError)
  await link.send(numbered(1))
  t.strictSame(await take(link, 1), [numbered(1)])
  await link.close('done')
  await stopping
  t.equal(relay.counters.pipes, 0)
})

t.test('serves honest nodes while connections that never say anything come in floods', async (t) => {
  await using relay = await startRelay({ linkLimits: { silentOpenMax: 10 } })
  const { port } = new URL(webSocketOf(relay.address ?? ''))
  const silent = Array.from({ length: 200 }, () => connect(Number(port), '127.0.0.1'))
  for (const stream of silent) stream.on('error', () => undefined).resume()
  const closed = silent.map((stream) => once(stream, 'close'))
  await Promise.race(closed)
  await using listener = await peer().listen(relay.address ?? '', (link) => void link.send(numbered(1)))
  const link = await peer().dial(listener.address)
  t.strictSame(await take(link, 1), [numbered(1)])
  await link.close('done')
  await Promise.all(closed.slice(0, 190))
  t.ok(silent.filter((stream) => !stream.destroyed).length <= 10, 'few of them are kept')
  for (const stream of silent) stream.destroy()
})

t.test('reads nothing of what it passes on', async (t) => {
  await using relay = await startRelay()
  const { port } = new URL(webSocketOf(relay.address ?? ''))
  await using recorder = await recordTcp(Number(port))
  const recorded = `relay://127.0.0.1:${recorder.port}`
  const canary = 'quokkas juggle marzipan'
  await using listener = await peer().listen(recorded, (link) => {
    void (async () => {
      for await (const message of link.messages()) await link.send(message)
    })()
  })
  const link = await peer().dial(listener.address)
  await link.send({ kind: 'leaving', reason: canary })
  t.strictSame(await take(link, 1), [{ kind: 'leaving', reason: canary }])
  await link.close(canary)
  t.ok(relay.counters.relayedBytes > 0)
  t.equal(recorder.sent().indexOf(canary), -1)

  const node = await registerRawNode(recorded, {
    onCall: ({ call }) => void takeRawCall(recorded, call).on('open', () => undefined),
  })
  const socket = new WebSocket(`${webSocketOf(recorded)}${dialPath(node.address.split('/').at(-1) ?? '')}`)
  await once(socket, 'open')
  socket.send(Buffer.from(canary))
  await eventually(async () => {
    if (!recorder.sent().includes(canary)) throw new Error('not yet')
  })
  t.ok(recorder.sent().includes(canary), 'in clear it is found')
  socket.terminate()
  await node.link.close('done')
})
