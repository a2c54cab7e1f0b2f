import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { ManualClock } from '@shardline/core'
import { decodeFrame, encodeFrame, LinkTimeoutError } from '../../src/index.ts'
import type { Link } from '../../src/index.ts'
import { drain, linkPair, listenAndWait, take } from './link-pair.ts'
import { byeCode, helloFrame, numbered } from './sample-frames.ts'
import type { TransportFixture } from './transport-fixture.ts'

const QUICK = { pingIntervalMs: 20, livenessMsMax: 150 }

/** Resolves when something has come, whether or not a reader sees it. */
async function hearing(link: Link): Promise<void> {
  const { receivedBytes } = link.traffic
  while (link.closeReason === undefined && link.traffic.receivedBytes === receivedBytes) await sleep(1)
}

/** How links notice that a peer is dead, and that it is not. */
export function livenessCompliance(
  t: Test,
  createFixture: () => TransportFixture | Promise<TransportFixture>,
): void {
  t.test('ends a link whose peer is connected and silent', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture, { limits: QUICK })
    const raw = await fixture.rawDial(waiting.listener.address)
    raw.send(helloFrame())
    const far = await waiting.accept()
    await t.rejects(drain(far), LinkTimeoutError)
    t.equal(decodeFrame(await raw.next()).kind, 'welcome')
    t.equal(decodeFrame(await raw.next()).kind, 'ping')
    raw.destroy()
    await far.closed
  })

  t.test('tells the silent peer why', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture, { limits: QUICK })
    const raw = await fixture.rawDial(waiting.listener.address)
    raw.send(helloFrame())
    let frame = await raw.next()
    while (decodeFrame(frame).kind !== 'bye') frame = await raw.next()
    t.equal(byeCode(frame), 'WIRE_LINK_TIMEOUT')
    await raw.closed
  })

  t.test('keeps an idle link, and measures its round trip', async (t) => {
    await using fixture = await createFixture()
    const clock = new ManualClock()
    const quick = { clock, limits: QUICK }
    await using pair = await linkPair(fixture, { near: quick, far: quick })
    for (let passedMs = 0; passedMs < 3 * QUICK.livenessMsMax; passedMs += QUICK.pingIntervalMs) {
      const heard = Promise.all([pair.near, pair.far].map(hearing))
      clock.advance(QUICK.pingIntervalMs)
      await heard
    }
    while (pair.near.roundTripMs === undefined && pair.near.closeReason === undefined) await sleep(1)
    t.ok((pair.near.roundTripMs ?? -1) >= 0)
    await pair.near.send(numbered(1))
    t.strictSame(await take(pair.far, 1), [numbered(1)])
  })

  t.test('measures a round trip when asked, and gives none once it is closed', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture, {})
    t.ok(((await pair.near.measureRoundTrip()) ?? -1) >= 0)
    const [first, second] = await Promise.all([pair.near.measureRoundTrip(), pair.near.measureRoundTrip()])
    t.equal(first, undefined, 'a later ping takes the place of an earlier one')
    t.ok((second ?? -1) >= 0)
    const last = pair.near.measureRoundTrip()
    await pair.near.close('done')
    t.equal(await last, undefined)
    t.equal(await pair.near.measureRoundTrip(), undefined)
  })

  t.test('answers pings itself', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture)
    const raw = await fixture.rawDial(waiting.listener.address)
    raw.send(helloFrame())
    await raw.next()
    raw.send(encodeFrame({ kind: 'ping', sequence: 41 }))
    t.strictSame(decodeFrame(await raw.next()), { kind: 'pong', sequence: 41 })
    raw.destroy()
  })

  t.test('keeps a link whose reader is slow for longer than a dead peer may be silent', async (t) => {
    await using fixture = await createFixture()
    const clock = new ManualClock()
    const limits = { ...QUICK, inboxEntriesMax: 2 }
    await using pair = await linkPair(fixture, { near: { clock, limits }, far: { clock, limits } })
    const sent = Array.from({ length: 50 }, (_, i) => numbered(i))
    for (const message of sent) await pair.near.send(message)
    for (let passedMs = 0; passedMs < 3 * QUICK.livenessMsMax; passedMs += QUICK.pingIntervalMs) {
      // The side that doesn't read still pings.
      const heard = hearing(pair.near)
      clock.advance(QUICK.pingIntervalMs)
      await heard
    }
    t.strictSame(await take(pair.far, 50), sent)
    t.equal(pair.near.closeReason, undefined)
  })
}
