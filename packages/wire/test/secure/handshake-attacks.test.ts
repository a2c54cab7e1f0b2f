import { ManualClock, SeededRandom, systemClock } from '@shardline/core'
import t from 'tap'
import type { Link, LinkCrypto } from '../../src/index.ts'
import { encodeFrame, HANDSHAKE_MS_MAX, MemoryTransport, nodeLinkCrypto } from '../../src/index.ts'
import { writeRecord } from '../../src/secure/handshake-record.ts'
import { advanceUntil } from '../compliance/advance-until.ts'
import { drain, take } from '../compliance/link-pair.ts'
import { RawInbox } from '../compliance/raw-inbox.ts'
import { helloFrame, numbered } from '../compliance/sample-frames.ts'
import { attackedPair } from '../support/attacked-pair.ts'
import { rawPeer } from '../support/raw-sealed-peer.ts'
import { createRecordingLog } from '../support/recording-log.ts'
import type { Direction } from '../support/tamper-proxy.ts'
import { flipped } from '../support/tamper-proxy.ts'
import { testIdentity } from '../support/test-identity.ts'
import { testSeed } from '../support/test-seed.ts'

const seed = testSeed((text) => t.comment(text))

/** The handshake's messages, and how many bytes each has. */
const MESSAGES: readonly (readonly [name: string, direction: Direction, index: number, bytes: number])[] = [
  ['first', 'up', 0, 36],
  ['second', 'down', 0, 204],
  ['third', 'up', 1, 172],
]

for (const [name, direction, index, bytes] of MESSAGES) {
  t.test(`makes no link of a ${name} message with a flipped bit, at every byte position`, async (t) => {
    const random = new SeededRandom(seed)
    const lengths = new Set<number>()
    for (let at = 0; at < bytes; at++) {
      const bit = random.integer(8)
      await using pair = await attackedPair({
        tamper: (record, way, count) => {
          if (way !== direction || count !== index) return [record]
          lengths.add(record.byteLength)
          return [flipped(record, at, bit)]
        },
      })
      await t.rejects(pair.dial(), { code: 'WIRE_HANDSHAKE_FAILED' }, `byte ${at}, bit ${bit}`)
      t.strictSame(pair.accepted, [])
      t.strictSame(pair.refusals(), ['WIRE_HANDSHAKE_FAILED'])
    }
    t.strictSame([...lengths], [bytes])
  })

  t.test(`makes no link of a ${name} message that is cut short`, async (t) => {
    for (const length of [0, 1, 3, 4, 5, bytes - 1]) {
      await using pair = await attackedPair({
        tamper: (record, way, count) => [
          way === direction && count === index ? record.subarray(0, length) : record,
        ],
      })
      await t.rejects(pair.dial(), { code: 'WIRE_HANDSHAKE_FAILED' }, `${length} bytes`)
      t.strictSame(pair.accepted, [])
    }
  })
}

t.test('is linked with who was expected', async (t) => {
  await using pair = await attackedPair()
  const near = await pair.dial({ expectPublicKey: pair.farIdentity.publicKey })
  t.strictSame(near.peer.publicKey, pair.farIdentity.publicKey)
  t.strictSame(pair.accepted[0]?.peer.publicKey, pair.nearIdentity.publicKey)
})

t.test('refuses an impostor, before saying who it is itself', async (t) => {
  await using pair = await attackedPair()
  const expected = testIdentity()
  await t.rejects(pair.dial({ expectPublicKey: expected.publicKey }), {
    code: 'WIRE_PEER_WRONG',
    details: {
      expected: Buffer.from(expected.publicKey).toString('hex'),
      found: Buffer.from(pair.farIdentity.publicKey).toString('hex'),
    },
  })
  t.strictSame(pair.accepted, [])
  t.strictSame(pair.refusals(), ['WIRE_HANDSHAKE_FAILED'])
  const [, refusal] = pair.proxy.recorded.up
  t.equal(Buffer.from(refusal!).subarray(4).toString(), 'WIRE_PEER_WRONG')
})

t.test('refuses a side that has a public key, and not the secret one', async (t) => {
  const [victim, thief] = [testIdentity(), testIdentity()]
  const stolen = { publicKey: victim.publicKey, sign: (message: Uint8Array) => thief.sign(message) }
  await using byListener = await attackedPair({ security: { identity: stolen } })
  await t.rejects(byListener.dial(), { code: 'WIRE_HANDSHAKE_FAILED', message: /does not prove who it is/ })
  await using pair = await attackedPair()
  const dialer = new MemoryTransport(
    { clock: systemClock, log: createRecordingLog(), network: pair.network },
    { self: { node: 'thief', role: 'driver', software: 'test/1' }, security: { identity: stolen } },
  )
  await t.rejects(dialer.dial(pair.listener.address), { code: 'WIRE_HANDSHAKE_FAILED' })
  t.strictSame(pair.accepted, [])
})

/** Cryptography that believes everybody, and keeps what it was shown. */
function gullibleCrypto(signatures: Uint8Array[]): LinkCrypto {
  return {
    ...nodeLinkCrypto,
    verify: (_publicKey, _message, signature) => {
      signatures.push(Uint8Array.from(signature))
      return true
    },
  }
}

t.test('is not fooled by one in the middle who passes a proof on', async (t) => {
  const signatures: Uint8Array[] = []
  await using pair = await attackedPair()
  const self = { node: 'middle', role: 'worker', software: 'test/1' } as const
  const components = { clock: systemClock, log: createRecordingLog(), network: pair.network }
  const spy = new MemoryTransport(components, {
    self,
    security: { identity: testIdentity(), crypto: gullibleCrypto(signatures) },
  })
  await spy.dial(pair.listener.address)
  const middle = new MemoryTransport(components, {
    self,
    security: { identity: { publicKey: pair.farIdentity.publicKey, sign: () => signatures[0]! } },
  })
  await using listener = await middle.listen('memory:middle', () => t.fail('there is a link'))
  await t.rejects(pair.near.dial(listener.address, { expectPublicKey: pair.farIdentity.publicKey }), {
    code: 'WIRE_HANDSHAKE_FAILED',
  })
  t.equal(signatures.length, 1)
})

t.test('shows one in the middle who links with both sides', async (t) => {
  const inMiddle = testIdentity()
  await using pair = await attackedPair()
  const middle = new MemoryTransport(
    { clock: systemClock, log: createRecordingLog(), network: pair.network },
    { self: { node: 'middle', role: 'worker', software: 'test/1' }, security: { identity: inMiddle } },
  )
  await using listener = await middle.listen('memory:middle', () => undefined)
  await middle.dial(pair.listener.address)
  const near = await pair.near.dial(listener.address)
  t.strictSame(near.peer.publicKey, inMiddle.publicKey)
  t.strictSame(pair.accepted[0]?.peer.publicKey, inMiddle.publicKey)
  await t.rejects(pair.near.dial(listener.address, { expectPublicKey: pair.farIdentity.publicKey }), {
    code: 'WIRE_PEER_WRONG',
  })
})

t.test('takes links from those who are admitted alone, and tells the others', async (t) => {
  const asked: Uint8Array[] = []
  let isWelcome = true
  await using pair = await attackedPair({
    security: {
      admit: async (publicKey) => {
        asked.push(publicKey)
        return isWelcome
      },
    },
  })
  await pair.dial()
  isWelcome = false
  await t.rejects(pair.dial(), { code: 'WIRE_PEER_REFUSED' })
  t.strictSame(asked, [pair.nearIdentity.publicKey, pair.nearIdentity.publicKey])
  t.equal(pair.accepted.length, 1)
  t.strictSame(pair.refusals(), ['WIRE_PEER_REFUSED'])
})

t.test('takes nobody while who is admitted can not be found out', async (t) => {
  const failing = {
    admit: () => {
      throw new Error('no list')
    },
  }
  await using pair = await attackedPair({ security: failing })
  await t.rejects(pair.dial(), { code: 'WIRE_DIAL_FAILED' })
  t.strictSame(pair.accepted, [])
  const slow = { admit: () => new Promise<boolean>(() => undefined) }
  const clock = new ManualClock()
  await using waiting = await attackedPair({ security: slow, clock })
  await t.rejects(advanceUntil(clock, HANDSHAKE_MS_MAX / 100, waiting.dial()), /handshake/)
  t.strictSame(waiting.accepted, [])
  t.strictSame(waiting.refusals(), ['WIRE_LINK_TIMEOUT'])
})

t.test('keeps what comes while it finds out who is admitted, up to a limit', async (t) => {
  let admit: (is: boolean) => void = () => undefined
  const security = {
    admit: () =>
      new Promise<boolean>((resolve) => {
        admit = resolve
      }),
  }
  await using pair = await attackedPair({ security })
  const dialing = pair.dial()
  while (pair.proxy.recorded.up.length < 3) await turn()
  admit(true)
  const near = await dialing
  await near.send(numbered(1))
  t.strictSame(await take(pair.accepted[0]!, 1), [numbered(1)])
  await using flooded = await attackedPair({ security, limits: { handshakeBytesMax: 64 } })
  const failing = flooded.dial()
  while (flooded.proxy.recorded.up.length < 3) await turn()
  await turn()
  admit(true)
  await t.rejects(failing, { code: 'WIRE_FRAME_TOO_LARGE' })
  t.strictSame(flooded.refusals(), ['WIRE_FRAME_TOO_LARGE'])
})

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

t.test('makes no link of an old handshake that is played again', async (t) => {
  await using pair = await attackedPair()
  const { near } = await pair.link()
  await near.close('over')
  const [first, third, hello] = pair.proxy.recorded.up
  const raw = rawPeer(pair.network.connect(pair.listener.address), new RawInbox())
  raw.send(first!)
  await raw.next()
  raw.send(third!)
  raw.send(hello!)
  t.equal(
    Buffer.from(await raw.next())
      .subarray(4)
      .toString(),
    'WIRE_HANDSHAKE_FAILED',
  )
  await raw.closed
  t.equal(pair.accepted.length, 1)
})

const NO_HANDSHAKE: readonly (readonly [what: string, record: Uint8Array])[] = [
  ['nothing', new Uint8Array(0)],
  ['a hello in clear', helloFrame()],
  ['a frame in clear', encodeFrame(numbered(1))],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['another version', Uint8Array.of(0x53, 0x48, 2, 1, ...new Uint8Array(32))],
  ['the second message', writeRecord('second', new Uint8Array(200))],
  ['a key of zeros', writeRecord('first', new Uint8Array(32))],
  ['a first message with more behind it', writeRecord('first', new Uint8Array(33).fill(9))],
  ['a refusal', writeRecord('refusal', Buffer.from('WIRE_FRAME_FORGED'))],
  ['a refusal that is not readable', writeRecord('refusal', Buffer.from('\u001b[2J'))],
]

for (const [what, record] of NO_HANDSHAKE) {
  t.test(`refuses ${what} in the place of a handshake, and goes on serving`, async (t) => {
    await using pair = await attackedPair()
    const raw = rawPeer(pair.network.connect(pair.listener.address), new RawInbox())
    raw.send(record)
    const answer = Buffer.from(await raw.next())
    t.strictSame([...answer.subarray(0, 4)], [0x53, 0x48, 1, 255])
    t.equal(answer.subarray(4).toString(), 'WIRE_HANDSHAKE_FAILED')
    await raw.closed
    await pair.dial()
    t.equal(pair.accepted.length, 1)
  })
}

t.test('gives up on a side that stops in the middle of its handshake', async (t) => {
  const clock = new ManualClock()
  await using pair = await attackedPair({ clock })
  const raw = rawPeer(pair.network.connect(pair.listener.address), new RawInbox())
  raw.send(writeRecord('first', nodeLinkCrypto.generateKeyPair().publicKey))
  await raw.next()
  const refusal = Buffer.from(await advanceUntil(clock, HANDSHAKE_MS_MAX / 100, raw.next()))
  t.equal(refusal.subarray(4).toString(), 'WIRE_LINK_TIMEOUT')
  await raw.closed
  t.strictSame(pair.refusals(), ['WIRE_LINK_TIMEOUT'])
})

t.test('expects nobody where nothing is proved', async (t) => {
  await using pair = await attackedPair()
  const inClear = new MemoryTransport(
    { clock: systemClock, log: createRecordingLog(), network: pair.network },
    { self: { node: 'clear', role: 'driver', software: 'test/1' } },
  )
  const links: Link[] = []
  await using listener = await inClear.listen('memory:clear', (link) => links.push(link))
  const link = await inClear.dial(listener.address)
  t.equal(link.peer.publicKey, undefined)
  void drain(link)
  await t.rejects(inClear.dial(listener.address, { expectPublicKey: pair.farIdentity.publicKey }), {
    code: 'WIRE_PEER_WRONG',
  })
  await t.rejects(inClear.dial(pair.listener.address), { code: /^WIRE_/ })
  t.strictSame(pair.accepted, [])
})
