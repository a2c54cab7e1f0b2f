import type { Test } from 'tap'
import { AbortedError, ManualClock } from '@shardline/core'
import {
  AddressUnusableError,
  DialFailedError,
  encodeFrame,
  HANDSHAKE_MS_MAX,
  LinkTimeoutError,
  ListenerFullError,
  ProtocolMismatchError,
} from '../../src/index.ts'
import { createRecordingLog } from '../support/recording-log.ts'
import { advanceUntil } from './advance-until.ts'
import { linkPair, listenAndWait, take } from './link-pair.ts'
import { byeCode, helloFrame, numbered } from './sample-frames.ts'
import type { TransportFixture } from './transport-fixture.ts'

/** Many steps for what comes first. */
const STEP_MS = HANDSHAKE_MS_MAX / 200

/** How links begin. */
export function handshakeCompliance(
  t: Test,
  createFixture: () => TransportFixture | Promise<TransportFixture>,
): void {
  t.test('tells each side who the other is', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    t.match(pair.near.peer, {
      node: 'far',
      role: 'worker',
      software: 'test/1',
      address: pair.listener.address,
    })
    t.match(pair.far.peer, { node: 'near', role: 'worker', software: 'test/1' })
    t.equal(pair.near.protocol, 1)
    t.equal(pair.far.protocol, 1)
  })

  t.test('agrees on the highest version that both speak', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture, {
      near: { protocols: { min: 1, max: 4 } },
      far: { protocols: { min: 2, max: 7 } },
    })
    t.equal(pair.near.protocol, 4)
    t.equal(pair.far.protocol, 4)
  })

  t.test('refuses a peer without a common version by name, on both sides', async (t) => {
    await using fixture = await createFixture()
    const log = createRecordingLog()
    await using waiting = await listenAndWait(fixture, { protocols: { min: 3, max: 4 }, log })
    const dialer = fixture.create({ protocols: { min: 1, max: 2 } })
    const failure = await dialer.dial(waiting.listener.address).catch((cause: unknown) => cause)
    t.type(failure, ProtocolMismatchError)
    t.match((failure as Error).message, /this side speaks 1 to 2.*3 to 4/)
    const refused = log.lines.find(({ event }) => event === 'link-refused')
    t.equal(refused?.fields['code'], 'WIRE_PROTOCOL_MISMATCH')
  })

  t.test('fails to dial an address where nobody listens', async (t) => {
    await using fixture = await createFixture()
    await t.rejects(fixture.create().dial(fixture.deadAddress), DialFailedError)
  })

  t.test('gives up on a listener that never answers', async (t) => {
    await using fixture = await createFixture()
    const address = await fixture.listenSilently()
    const clock = new ManualClock()
    const dialing = fixture.create({ clock }).dial(address)
    await t.rejects(advanceUntil(clock, STEP_MS, dialing), LinkTimeoutError)
  })

  t.test('gives up on a dialer that never says hello', async (t) => {
    await using fixture = await createFixture()
    const clock = new ManualClock()
    await using waiting = await listenAndWait(fixture, { clock })
    const raw = await fixture.rawDial(waiting.listener.address)
    t.equal(byeCode(await advanceUntil(clock, STEP_MS, raw.next())), 'WIRE_LINK_TIMEOUT')
    await raw.closed
  })

  t.test('stops dialing when it is told to', async (t) => {
    await using fixture = await createFixture()
    const address = await fixture.listenSilently()
    const controller = new AbortController()
    const dialing = fixture.create().dial(address, { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    await t.rejects(dialing, AbortedError)
    await t.rejects(fixture.create().dial(address, { signal: AbortSignal.abort() }), AbortedError)
  })

  t.test('refuses to listen on an address that is taken, or is none', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture)
    await t.rejects(
      fixture.create().listen(waiting.listener.address, () => undefined),
      AddressUnusableError,
    )
    await t.rejects(
      fixture.create().listen('nowhere', () => undefined),
      AddressUnusableError,
    )
    await t.rejects(fixture.create().dial('nowhere'), DialFailedError)
  })

  t.test(
    'refuses links over the limit of the listener by name, and takes one again when another ends',
    async (t) => {
      await using fixture = await createFixture()
      await using waiting = await listenAndWait(fixture, { limits: { linksPerListenerMax: 1 } })
      const dialer = fixture.create()
      const first = await dialer.dial(waiting.listener.address)
      const farFirst = await waiting.accept()
      await t.rejects(dialer.dial(waiting.listener.address), ListenerFullError)
      await first.close('done')
      await farFirst.closed
      const second = await dialer.dial(waiting.listener.address)
      await second.send(numbered(1))
      t.strictSame(await take(await waiting.accept(), 1), [numbered(1)])
      await second.close('done')
    },
  )

  t.test('hears what the peer sends right behind its hello', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture)
    const raw = await fixture.rawDial(waiting.listener.address)
    raw.send(helloFrame())
    for (let i = 0; i < 3; i++) raw.send(encodeFrame(numbered(i)))
    t.strictSame(await take(await waiting.accept(), 3), [numbered(0), numbered(1), numbered(2)])
    raw.destroy()
  })
}
