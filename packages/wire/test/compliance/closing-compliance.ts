import type { Test } from 'tap'
import { DialFailedError, LinkClosedError, LinkTruncatedError } from '../../src/index.ts'
import { drain, linkPair, listenAndWait } from './link-pair.ts'
import { helloFrame, numbered } from './sample-frames.ts'
import type { TransportFixture } from './transport-fixture.ts'

/** How links end. */
export function closingCompliance(
  t: Test,
  createFixture: () => TransportFixture | Promise<TransportFixture>,
): void {
  for (const side of ['dialing', 'accepting'] as const) {
    t.test(`ends at both ends, with the reason, when the ${side} side closes`, async (t) => {
      await using fixture = await createFixture()
      await using pair = await linkPair(fixture)
      const [closer, other] = side === 'dialing' ? [pair.near, pair.far] : [pair.far, pair.near]
      t.equal(other.closeReason, undefined)
      const drained = Promise.all([drain(closer), drain(other)])
      await closer.close('the work is done')
      t.strictSame(await drained, [[], []])
      await other.closed
      t.equal(closer.closeReason, 'the work is done')
      t.equal(other.closeReason, 'the work is done')
    })
  }

  t.test('delivers all that was sent before the close, and refuses what comes after', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    const sent = Array.from({ length: 300 }, (_, i) => numbered(i))
    for (const message of sent) void pair.near.send(message)
    const closing = pair.near.close('done')
    await t.rejects(pair.near.send(numbered(300)), LinkClosedError)
    t.strictSame(await drain(pair.far), sent)
    await closing
    await t.rejects(pair.far.send(numbered(1)), LinkClosedError)
    await t.rejects(pair.near.send(numbered(1)), LinkClosedError)
  })

  t.test('may be closed twice, and from both sides at once', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    await Promise.all([pair.near.close('one'), pair.far.close('two'), pair.near.close('three')])
    t.equal(pair.near.closeReason, 'one')
    t.equal(pair.far.closeReason, 'two')
    t.strictSame(await drain(pair.near), [])
  })

  t.test('fits any reason into its goodbye', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    await pair.near.close(`\uFEFFtoo long ${'😀'.repeat(5000)}`)
    await drain(pair.far)
    t.match(pair.far.closeReason, /^too long 😀+/u)
  })

  t.test('reports a peer that vanishes without a goodbye, after its last messages', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture)
    const raw = await fixture.rawDial(waiting.listener.address)
    raw.send(helloFrame())
    const far = await waiting.accept()
    const waiting2 = drain(far)
    raw.destroy()
    await t.rejects(waiting2, LinkTruncatedError)
    await far.closed
    await t.rejects(far.send(numbered(1)), LinkClosedError)
  })

  t.test('lets go of a waiting sender when the link ends', async (t) => {
    await using fixture = await createFixture()
    const limits = { inboxEntriesMax: 1, sendBufferHighBytes: 1024, sendBufferLowBytes: 512, closeMsMax: 200 }
    await using pair = await linkPair(fixture, { near: { limits }, far: { limits } })
    const sends: Promise<unknown>[] = []
    const text = 'x'.repeat(4000)
    for (let i = 0; i < 5000; i++) {
      sends.push(pair.near.send({ kind: 'leaving', reason: text }).catch((cause: unknown) => cause))
    }
    await pair.near.close('enough')
    const outcomes = await Promise.all(sends)
    t.ok(outcomes.every((outcome) => outcome === undefined || outcome instanceof LinkClosedError))
  })

  t.test('closes its links when the listener closes, and is no longer reached', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    const drained = drain(pair.near)
    await pair.listener.close()
    t.strictSame(await drained, [])
    await pair.near.closed
    t.equal(pair.near.closeReason, 'the listener closes')
    await t.rejects(fixture.create().dial(pair.listener.address), DialFailedError)
    await pair.listener.close()
  })
}
