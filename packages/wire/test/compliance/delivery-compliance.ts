import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { HiddenMessage, Link } from '../../src/index.ts'
import { encodeFrame, FrameTooLargeError, MessageInvalidError, SendBufferFullError } from '../../src/index.ts'
import { SAMPLES } from '../support/sample-messages.ts'
import { drain, linkPair, listenAndWait, take } from './link-pair.ts'
import { hiddenOf, numbered } from './sample-frames.ts'
import type { TransportFixture } from './transport-fixture.ts'

/** Bytes that a link, both ends and the system's socket buffers together, may hold while nobody reads. */
const HELD_BYTES_MAX = 32 * 1024 * 1024

/** Sends until a send waits, or until all are sent; returns how many were sent. */
async function sendUntilStuck(
  link: Link,
  messages: readonly HiddenMessage[],
): Promise<{ sent: number; last: Promise<void> }> {
  for (const [i, message] of messages.entries()) {
    const last = link.send(message)
    const isStuck = await Promise.race([last.then(() => false), sleep(300, true)])
    if (isStuck) return { sent: i + 1, last }
  }
  return { sent: messages.length, last: Promise.resolve() }
}

/** How messages travel. */
export function deliveryCompliance(
  t: Test,
  createFixture: () => TransportFixture | Promise<TransportFixture>,
): void {
  t.test('delivers 1,000 messages in the order in which they were sent', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    const sent = Array.from({ length: 1000 }, (_, i) => numbered(i))
    const sending = Promise.all(sent.map((message) => pair.near.send(message)))
    t.strictSame(await take(pair.far, 1000), sent)
    await sending
    await pair.far.send(numbered(7))
    t.strictSame(await take(pair.near, 1), [numbered(7)])
  })

  t.test('delivers every kind of message that is not its own', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    const { hello: _h, welcome: _w, bye: _b, ping: _pi, pong: _po, ...others } = SAMPLES
    const messages = Object.values(others)
    for (const message of messages) await pair.near.send(message)
    t.strictSame(await take(pair.far, messages.length), messages)
  })

  t.test('delivers a large payload bit by bit, NaN payloads included', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    const bits = new Uint32Array(4 * 1024 * 1024)
    for (let i = 0; i < bits.length; i++) bits[i] = Math.imul(i, 0x9e3779b1)
    bits.set([0x7fc00001, 0xffc12345, 0x7f800001, 0x7f800000, 0x80000000, 0x00000001])
    void pair.near.send(hiddenOf(new Float32Array(bits.buffer)))
    const [message] = await take(pair.far, 1)
    const { payload } = message as HiddenMessage
    t.equal(payload.length, bits.length)
    t.ok(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).equals(Buffer.from(bits.buffer)))
  })

  t.test('makes a sender wait for a slow reader, holding a bounded part', async (t) => {
    await using fixture = await createFixture()
    const limits = { inboxEntriesMax: 4, sendBufferHighBytes: 1024 * 1024, sendBufferLowBytes: 256 * 1024 }
    await using pair = await linkPair(fixture, { near: { limits }, far: { limits } })
    const messages = Array.from({ length: 96 }, (_, i) =>
      hiddenOf(new Float32Array(256 * 1024).fill(i), 1024, i),
    )
    const frameBytes = encodeFrame(hiddenOf(new Float32Array(256 * 1024))).byteLength
    const { sent, last } = await sendUntilStuck(pair.near, messages)
    t.ok(sent * frameBytes <= HELD_BYTES_MAX, `a send waits after ${sent} frames of ${frameBytes} bytes`)
    const rest = messages.slice(sent)
    const sending = last.then(async () => {
      for (const message of rest) await pair.near.send(message)
    })
    const arrived = (await take(pair.far, messages.length)) as HiddenMessage[]
    await sending
    t.strictSame(
      arrived.map((message) => [message.segments[0]?.position, message.payload[0]]),
      messages.map((_, i) => [i, i]),
    )
  })

  t.test('refuses to buffer without end for a sender that does not wait, and goes on', async (t) => {
    await using fixture = await createFixture()
    const limits = {
      frameBytesMax: 256 * 1024,
      headerBytesMax: 32 * 1024,
      inboxEntriesMax: 1,
      sendBufferHighBytes: 256 * 1024,
      sendBufferLowBytes: 64 * 1024,
      sendBufferBytesMax: 512 * 1024,
    }
    await using pair = await linkPair(fixture, { near: { limits }, far: { limits } })
    const message = hiddenOf(new Float32Array(32 * 1024))
    const outcomes = Promise.allSettled(Array.from({ length: 300 }, () => pair.near.send(message)))
    const received = drain(pair.far)
    const refused = (await outcomes).filter((outcome) => outcome.status === 'rejected')
    t.ok(refused.length > 0)
    t.ok(refused.every(({ reason }) => reason instanceof SendBufferFullError))
    await pair.near.send(numbered(1))
    await pair.near.close('done')
    t.equal((await received).length, 300 - refused.length + 1)
  })

  t.test('refuses to send a frame over the limit, and goes on', async (t) => {
    await using fixture = await createFixture()
    const limits = { frameBytesMax: 64 * 1024, headerBytesMax: 32 * 1024 }
    await using pair = await linkPair(fixture, { near: { limits } })
    await t.rejects(pair.near.send(hiddenOf(new Float32Array(32 * 1024))), FrameTooLargeError)
    await pair.near.send(numbered(1))
    t.strictSame(await take(pair.far, 1), [numbered(1)])
  })

  t.test('refuses to send what is no message, and goes on', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    await t.rejects(pair.near.send({ kind: 'join', pipeline: '', epoch: -1 }), MessageInvalidError)
    await pair.near.send(numbered(1))
    t.strictSame(await take(pair.far, 1), [numbered(1)])
  })

  t.test('keeps two links apart', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture)
    const dialer = fixture.create()
    const nears = await Promise.all([
      dialer.dial(waiting.listener.address),
      dialer.dial(waiting.listener.address),
    ])
    const fars = [await waiting.accept(), await waiting.accept()]
    for (const far of fars) {
      void (async () => {
        for await (const message of far.messages()) await far.send(message)
      })()
    }
    const echoed = await Promise.all(
      nears.map(async (near, i) => {
        for (let n = 0; n < 100; n++) await near.send(numbered(i * 1000 + n))
        return take(near, 100)
      }),
    )
    t.strictSame(
      echoed,
      [0, 1000].map((first) => Array.from({ length: 100 }, (_, n) => numbered(first + n))),
    )
    await Promise.all(nears.map((near) => near.close('done')))
  })

  t.test('counts the bytes of both directions', async (t) => {
    await using fixture = await createFixture()
    await using pair = await linkPair(fixture)
    await pair.near.send(numbered(1))
    await take(pair.far, 1)
    const { byteLength } = encodeFrame(numbered(1))
    t.strictSame(pair.near.traffic, { sentBytes: byteLength, receivedBytes: 0 })
    t.strictSame(pair.far.traffic, { sentBytes: 0, receivedBytes: byteLength })
  })
}
