import { encode } from '@msgpack/msgpack'
import t from 'tap'
import type { HiddenMessage, Message } from '../src/index.ts'
import {
  CATALOGUE,
  decodeFrame,
  encodeFrame,
  FrameMalformedError,
  FrameTooLargeError,
  FrameVersionError,
  HEADER_CONTAINERS_MAX,
  HEADER_DEPTH_MAX,
  HEADER_MAP_ENTRIES_MAX,
  MessageInvalidError,
  MessageKindUnknownError,
  resolveLimits,
  TEXT_CHARS_MAX,
  WEIGHTS_BYTES_MAX,
} from '../src/index.ts'
import { frameAround, writePlainFrame } from './support/frame-fixtures.ts'
import { SAMPLES } from './support/sample-messages.ts'

const hidden: HiddenMessage = SAMPLES.hidden
const { ping, join, leaving } = CATALOGUE

/** A frame of `ping` around these header bytes. */
const pingAround = (...header: number[]): Uint8Array => frameAround(ping.id, Uint8Array.from(header))

/** A copy with some bytes of the prefix changed. */
function withBytes(frame: Uint8Array, at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(frame)
  copy.set(bytes, at)
  return copy
}

/** A copy that begins `offset` bytes into its buffer. */
function shifted(frame: Uint8Array, offset: number): Uint8Array {
  const buffer = new Uint8Array(frame.byteLength + offset)
  buffer.set(frame, offset)
  return buffer.subarray(offset)
}

t.test('lays a frame out as documented', async (t) => {
  const frame = Buffer.from(encodeFrame({ kind: 'ping', sequence: 5 }))
  t.equal(
    frame.toString('hex'),
    '534c0100' + '04000000' + '0b000000' + '00000000' + '81a873657175656e636505' + '00',
  )
})

t.test('gives an aligned payload as a view, and an unaligned one as a copy', async (t) => {
  const frame = encodeFrame(hidden)
  for (const offset of [0, 1, 2, 3, 4, 8]) {
    const bytes = shifted(frame, offset)
    const { payload } = decodeFrame(bytes) as HiddenMessage
    t.strictSame(payload, hidden.payload)
    t.equal(payload.byteOffset % 4, 0)
    t.equal(payload.buffer === bytes.buffer, offset % 4 === 0, `offset ${offset}`)
  }
})

t.test('sends a payload that is part of a larger buffer', async (t) => {
  const large = Float32Array.from({ length: 40 }, (_, i) => i)
  const message = { ...hidden, payload: large.subarray(5, 17) }
  t.strictSame(
    (decodeFrame(encodeFrame(message)) as HiddenMessage).payload,
    Float32Array.from(large.subarray(5, 17)),
  )
})

t.test('carries a payload of bytes of any length up to its limit', async (t) => {
  for (const bytes of [0, 1, 3, WEIGHTS_BYTES_MAX]) {
    const message: Message = { kind: 'weights', request: 1, payload: new Uint8Array(bytes).fill(7) }
    t.strictSame(decodeFrame(encodeFrame(message)), message)
  }
})

t.test('refuses a payload of bytes over its limit, and one that is no bytes', async (t) => {
  const long = new Uint8Array(WEIGHTS_BYTES_MAX + 1)
  const { weights } = CATALOGUE
  t.throws(() => encodeFrame({ kind: 'weights', request: 1, payload: long }), MessageInvalidError)
  t.throws(() => decodeFrame(frameAround(weights.id, encode({ request: 1 }), long)), FrameMalformedError)
  const wrong = { kind: 'weights', request: 1, payload: new Float32Array(2) } as unknown as Message
  t.throws(() => encodeFrame(wrong), MessageInvalidError)
})

t.test('shares no memory between frames and messages', async (t) => {
  const payload = Float32Array.from(hidden.payload)
  const frame = encodeFrame({ ...hidden, payload })
  encodeFrame(SAMPLES.tokens)
  payload.fill(0)
  t.strictSame(decodeFrame(frame), hidden)
})

t.test('ignores fields that it does not know, at every depth', async (t) => {
  const [segment] = hidden.segments
  const newer = {
    ...hidden,
    priority: 3,
    segments: [{ ...segment, hint: { x: [1] } }, ...hidden.segments.slice(1)],
    trace: hidden.trace.map((entry) => ({ ...entry, layers: { ...entry.layers, last: 7 } })),
  }
  t.strictSame(decodeFrame(writePlainFrame(newer as unknown as Message)), hidden)
  t.strictSame(encodeFrame(newer as unknown as Message), encodeFrame(hidden), 'and does not send them')
})

t.test('refuses bytes that are no frame', async (t) => {
  const frame = encodeFrame(hidden)
  for (let length = 0; length < frame.byteLength; length++) {
    t.throws(() => decodeFrame(frame.subarray(0, length)), FrameMalformedError, `cut to ${length}`)
  }
  t.throws(() => decodeFrame(Buffer.concat([frame, Buffer.alloc(4)])), FrameMalformedError, 'bytes follow')
  t.throws(() => decodeFrame(withBytes(frame, 0, 0x55)), FrameMalformedError, 'magic')
  t.throws(() => decodeFrame(withBytes(frame, 3, 1)), FrameMalformedError, 'unknown flags')
  t.throws(() => decodeFrame(withBytes(frame, 2, 2)), FrameVersionError, 'version')
  t.throws(() => decodeFrame(withBytes(frame, 4, 0xe7, 3)), MessageKindUnknownError, 'kind')
  t.throws(
    () => decodeFrame(withBytes(frame, 4, 0xff, 0xff, 0xff, 0xff)),
    MessageKindUnknownError,
    'largest kind',
  )
})

t.test('refuses declared lengths before it trusts them', async (t) => {
  const frame = encodeFrame(hidden)
  t.throws(() => decodeFrame(withBytes(frame, 8, 0xff, 0xff, 0xff, 0xff)), FrameTooLargeError, 'header')
  t.throws(() => decodeFrame(withBytes(frame, 12, 0xff, 0xff, 0xff, 0xff)), FrameTooLargeError, 'payload')
  t.throws(() => decodeFrame(withBytes(frame, 12, 44)), FrameMalformedError, 'shorter payload')
  for (const token of [0xdb, 0xdd, 0xdf]) {
    t.throws(
      () => decodeFrame(pingAround(0x81, 0xa1, 0x78, token, 0xff, 0xff, 0xff, 0xff)),
      FrameMalformedError,
    )
  }
})

t.test('refuses frames and headers over the limits', async (t) => {
  const limits = resolveLimits({ frameBytesMax: 1024, headerBytesMax: 64 })
  const long: Message = { kind: 'leaving', reason: 'x'.repeat(100) }
  t.throws(() => encodeFrame(long, limits), FrameTooLargeError)
  t.throws(() => decodeFrame(encodeFrame(long), limits), {
    code: 'WIRE_FRAME_TOO_LARGE',
    details: { part: 'frame header' },
  })
  const large: Message = { kind: 'leaving', reason: 'x'.repeat(2000) }
  t.throws(() => decodeFrame(encodeFrame(large), limits), {
    code: 'WIRE_FRAME_TOO_LARGE',
    details: { part: 'frame' },
  })
})

t.test('refuses more rows or segments than the limits allow', async (t) => {
  t.throws(() => encodeFrame(hidden, resolveLimits({ rowsPerFrameMax: 2 })), MessageInvalidError)
  t.throws(() => decodeFrame(encodeFrame(hidden), resolveLimits({ rowsPerFrameMax: 2 })), MessageInvalidError)
  t.throws(
    () => decodeFrame(encodeFrame(hidden), resolveLimits({ segmentsPerFrameMax: 1 })),
    MessageInvalidError,
  )
})

t.test('refuses a payload that is not as long as its header says', async (t) => {
  t.throws(() => encodeFrame({ ...hidden, payload: new Float32Array(11) }), MessageInvalidError)
  t.throws(() => encodeFrame({ ...hidden, payload: [1, 2] } as unknown as Message), MessageInvalidError)
  const short = { ...hidden, payload: new Float32Array(11) }
  t.throws(() => decodeFrame(writePlainFrame(short)), FrameMalformedError)
  const frame = frameAround(ping.id, encode({ sequence: 1 }), new Uint8Array(4))
  t.throws(() => decodeFrame(frame), FrameMalformedError, 'a payload where none belongs')
})

t.test('refuses headers that are not plain msgpack', async (t) => {
  const value = (...bytes: number[]): Uint8Array =>
    pingAround(0x81, 0xa8, ...Buffer.from('sequence'), ...bytes)
  t.strictSame(decodeFrame(value(0x05)), { kind: 'ping', sequence: 5 })
  const refused: Readonly<Record<string, Uint8Array>> = {
    'no map': pingAround(0x91, 0x01),
    nothing: pingAround(),
    'two values': pingAround(0x80, 0x80),
    'the unused byte': value(0xc1),
    binary: value(0xc4, 1, 0),
    'an extension': value(0xd4, 1, 0),
    'a record definition': value(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01),
    'a timestamp': value(0xd6, 0xff, 0, 0, 0, 0),
    'a regular expression': value(0xc7, 0, 0x78, 0x92, 0xa1, 0x28, 0xa0),
    'a key that is a number': pingAround(0x81, 0x01, 0x01),
    'a key that is a map': pingAround(0x81, 0x80, 0x01),
    'half a map': pingAround(0x82, 0xa1, 0x61, 0x01),
    'malformed UTF-8': value(0xa2, 0xc3, 0x28),
    'half a surrogate pair': value(0xa3, 0xed, 0xa0, 0x80),
    'an overlong form': value(0xa2, 0xc0, 0xaf),
  }
  for (const [what, frame] of Object.entries(refused))
    t.throws(() => decodeFrame(frame), FrameMalformedError, what)
})

t.test('refuses a __proto__ key, and leaves prototypes alone', async (t) => {
  const proto = Buffer.from('__proto__')
  const inner = [0x81, 0xa1, 0x78, 0x01]
  t.throws(() => decodeFrame(pingAround(0x81, 0xa9, ...proto, ...inner)), FrameMalformedError)
  t.throws(() => decodeFrame(pingAround(0x81, 0xd9, 9, ...proto, ...inner)), FrameMalformedError)
  for (const key of ['constructor', 'toString', 'hasOwnProperty']) {
    const message = decodeFrame(frameAround(ping.id, encode({ sequence: 1, [key]: { x: 1 } })))
    t.strictSame(message, { kind: 'ping', sequence: 1 })
    t.notOk(Object.hasOwn(message, key))
  }
  t.equal(({} as { x?: number }).x, undefined)
})

t.test('refuses headers that are deep, wide or crowded', async (t) => {
  const nested = (depth: number): Uint8Array =>
    pingAround(0x81, 0xa1, 0x78, ...Array.from({ length: depth }, () => 0x91), 0xc0)
  t.throws(() => decodeFrame(nested(HEADER_DEPTH_MAX)), FrameMalformedError)
  t.throws(
    () => decodeFrame(nested(HEADER_DEPTH_MAX - 1)),
    MessageInvalidError,
    'the guard lets the limit pass',
  )
  t.throws(() => decodeFrame(nested(100_000)), FrameMalformedError, 'far over')
  const wide = Object.fromEntries(Array.from({ length: HEADER_MAP_ENTRIES_MAX }, (_, i) => [`x${i}`, i]))
  t.throws(() => decodeFrame(frameAround(ping.id, encode({ ...wide, sequence: 1 }))), FrameMalformedError)
  const crowd = encode({ sequence: 1, x: Array.from({ length: HEADER_CONTAINERS_MAX }, () => []) })
  t.throws(() => decodeFrame(frameAround(ping.id, crowd)), FrameMalformedError)
})

t.test('refuses values that a field does not allow, and names the field', async (t) => {
  const bad: readonly (readonly [number, object, string])[] = [
    [join.id, { pipeline: 'p', epoch: NaN }, '/epoch'],
    [join.id, { pipeline: 'p', epoch: 1.5 }, '/epoch'],
    [join.id, { pipeline: 'p', epoch: -1 }, '/epoch'],
    [join.id, { pipeline: 'p', epoch: 2 ** 53 }, '/epoch'],
    [join.id, { pipeline: 'p', epoch: '1' }, '/epoch'],
    [join.id, { pipeline: 'p' }, '/epoch'],
    [join.id, { pipeline: '', epoch: 1 }, '/pipeline'],
    [join.id, { pipeline: NaN, epoch: 1 }, '/pipeline'],
    [join.id, { pipeline: 'p'.repeat(257), epoch: 1 }, '/pipeline'],
    [leaving.id, { reason: 'x'.repeat(TEXT_CHARS_MAX + 1) }, '/reason'],
    [leaving.id, { reason: null }, '/reason'],
  ]
  for (const [id, header, path] of bad) {
    t.throws(() => decodeFrame(frameAround(id, encode(header))), {
      code: 'WIRE_MESSAGE_INVALID',
      details: { path },
    })
  }
  const infinite = { ...SAMPLES.tokens, tokens: [{ ...SAMPLES.tokens.tokens[0], logprob: -Infinity }] }
  t.throws(() => encodeFrame(infinite as Message), MessageInvalidError)
  t.throws(() => encodeFrame({ kind: 'leaving', reason: 'half \ud83d' }), MessageInvalidError)
  t.throws(() => encodeFrame({ kind: 'nonsense' } as unknown as Message), MessageKindUnknownError)
  t.throws(() => encodeFrame({ kind: 'toString' } as unknown as Message), MessageKindUnknownError)
})

t.test('does not repeat what a peer sent in its errors', async (t) => {
  const secret = 'the fox has the key'
  const frame = frameAround(join.id, encode({ pipeline: 'p', epoch: secret }))
  t.plan(2)
  try {
    decodeFrame(frame)
  } catch (error) {
    t.notMatch(JSON.stringify(error), secret)
    t.notMatch((error as Error).message, secret)
  }
})
