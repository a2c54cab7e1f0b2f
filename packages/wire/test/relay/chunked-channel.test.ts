import { SeededRandom, systemClock } from '@shardline/core'
import t from 'tap'
import { FrameTooLargeError } from '../../src/index.ts'
import { MemoryChannel } from '../../src/memory-channel.ts'
import { ChunkedChannel } from '../../src/relay/chunked-channel.ts'
import type { ChunkedChannelInit } from '../../src/relay/chunked-channel.ts'
import { RELAY_CHUNK_BYTES } from '../../src/relay/relay-limits.ts'
import { testSeed } from '../support/test-seed.ts'

/** What came out of a channel. */
interface Heard {
  readonly frames: Uint8Array[]
  readonly failures: Error[]
  readonly gone: Promise<void>
}

/** Both ends of a line, chunked; the inner end of the sender writes single parts. */
function line(init: ChunkedChannelInit): { near: ChunkedChannel; far: ChunkedChannel; parts: Uint8Array[] } {
  const speed = { latencyMs: 0, bytesPerSecond: Infinity }
  const [one, other] = MemoryChannel.createPair(['one', 'other'], systemClock, speed)
  const parts: Uint8Array[] = []
  const write = one.write.bind(one)
  one.write = (part) => {
    parts.push(part)
    write(part)
  }
  return { near: new ChunkedChannel(one, init), far: new ChunkedChannel(other, init), parts }
}

function listen(channel: ChunkedChannel): Heard {
  const heard: Heard = { frames: [], failures: [], gone: channel.closed }
  channel.attach({
    onFrame: (frame) => heard.frames.push(frame),
    onDrain: () => undefined,
    onBroken: (error) => heard.failures.push(error),
    onGone: () => undefined,
  })
  return heard
}

t.test('delivers frames of any length as they were, in parts that are never too long', async (t) => {
  const random = new SeededRandom(testSeed((text) => t.comment(text)))
  const { near, far, parts } = line({ frameBytesMax: 8 * RELAY_CHUNK_BYTES })
  const edges = [0, 1, 2].flatMap((n) => [-1, 0, 1].map((d) => Math.max(0, n * RELAY_CHUNK_BYTES + d)))
  const others = Array.from({ length: 20 }, () => random.integer(4 * RELAY_CHUNK_BYTES))
  const frames = [...edges, ...others].map((length) => random.bytes(length))
  const heard = listen(far)
  for (const frame of frames) near.write(frame)
  near.close()
  await heard.gone
  t.strictSame(
    heard.frames.map((frame) => Buffer.from(frame).toString('base64')),
    frames.map((frame) => Buffer.from(frame).toString('base64')),
  )
  t.ok(parts.every(({ byteLength }) => byteLength <= RELAY_CHUNK_BYTES))
})

t.test('keeps what comes before somebody listens', async (t) => {
  const { near, far } = line({ frameBytesMax: 100 })
  near.write(Uint8Array.of(1))
  near.write(Uint8Array.of(2))
  await new Promise(setImmediate)
  t.strictSame(listen(far).frames, [Uint8Array.of(1), Uint8Array.of(2)])
})

t.test('refuses a frame over the limit before all of it has come', async (t) => {
  const { near, far } = line({ frameBytesMax: RELAY_CHUNK_BYTES })
  const heard = listen(far)
  near.write(new Uint8Array(3 * RELAY_CHUNK_BYTES))
  near.close()
  await heard.gone
  t.strictSame(heard.frames, [])
  t.type(heard.failures[0], FrameTooLargeError)
  t.equal(heard.failures.length, 1)
})

t.test('cuts off who sends much before it is known who that is, and nobody afterwards', async (t) => {
  const { near, far } = line({ frameBytesMax: RELAY_CHUNK_BYTES, untrustedBytesMax: 100 })
  const heard = listen(far)
  for (let i = 0; i < 3; i++) near.write(new Uint8Array(40))
  await heard.gone
  t.equal(heard.frames.length, 2)
  t.type(heard.failures[0], FrameTooLargeError)

  const trusted = line({ frameBytesMax: RELAY_CHUNK_BYTES, untrustedBytesMax: 100 })
  const all = listen(trusted.far)
  trusted.far.trust()
  for (let i = 0; i < 3; i++) trusted.near.write(new Uint8Array(40))
  trusted.near.close()
  await all.gone
  t.equal(all.frames.length, 3)
  t.strictSame(all.failures, [])
})
