import type { Test } from 'tap'
import {
  encodeFrame,
  FrameMalformedError,
  FrameTooLargeError,
  FrameVersionError,
  LinkClosedError,
  MessageInvalidError,
  MessageKindUnknownError,
  MessageUnexpectedError,
} from '../../src/index.ts'
import { frameAround } from '../support/frame-fixtures.ts'
import { drain, linkPair, listenAndWait, take } from './link-pair.ts'
import { byeCode, helloFrame, hiddenOf, numbered } from './sample-frames.ts'
import type { TransportFixture } from './transport-fixture.ts'

const EMPTY_MAP = Uint8Array.of(0x80)

function patched(frame: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(frame)
  copy[at] = value
  return copy
}

/** What a peer may send, and how it is refused. */
const REFUSED: readonly {
  readonly what: string
  readonly bytes: Uint8Array
  readonly error: new (...args: never) => Error
  readonly code: string
}[] = [
  { what: 'no bytes', bytes: new Uint8Array(0), error: FrameMalformedError, code: 'WIRE_FRAME_MALFORMED' },
  {
    what: 'text',
    bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    error: FrameMalformedError,
    code: 'WIRE_FRAME_MALFORMED',
  },
  {
    what: 'a cut frame',
    bytes: encodeFrame(numbered(1)).subarray(0, 24),
    error: FrameMalformedError,
    code: 'WIRE_FRAME_MALFORMED',
  },
  {
    what: 'a newer layout',
    bytes: patched(encodeFrame(numbered(1)), 2, 9),
    error: FrameVersionError,
    code: 'WIRE_FRAME_VERSION',
  },
  {
    what: 'an unknown kind',
    bytes: frameAround(999, EMPTY_MAP),
    error: MessageKindUnknownError,
    code: 'WIRE_MESSAGE_KIND_UNKNOWN',
  },
  {
    what: 'a message without its fields',
    bytes: frameAround(32, EMPTY_MAP),
    error: MessageInvalidError,
    code: 'WIRE_MESSAGE_INVALID',
  },
  {
    what: 'a second hello',
    bytes: helloFrame(),
    error: MessageUnexpectedError,
    code: 'WIRE_MESSAGE_UNEXPECTED',
  },
]

/** How links and listeners take bad bytes. */
export function hostilePeerCompliance(
  t: Test,
  createFixture: () => TransportFixture | Promise<TransportFixture>,
): void {
  for (const { what, bytes, error, code } of REFUSED) {
    t.test(`refuses ${what} on a link by name, and tells the peer`, async (t) => {
      await using fixture = await createFixture()
      await using waiting = await listenAndWait(fixture)
      const raw = await fixture.rawDial(waiting.listener.address)
      raw.send(helloFrame())
      const far = await waiting.accept()
      raw.send(encodeFrame(numbered(1)))
      raw.send(bytes)
      t.strictSame(await take(far, 1), [numbered(1)], 'what came before is delivered')
      await t.rejects(drain(far), error)
      await raw.next()
      t.equal(byeCode(await raw.next()), code)
      await raw.closed
      await far.closed
      await t.rejects(far.send(numbered(1)), LinkClosedError)
    })
  }

  t.test('refuses garbage in the place of a hello, and goes on serving others', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture)
    const raw = await fixture.rawDial(waiting.listener.address)
    raw.send(Buffer.from('hello, I am a driver, trust me'))
    t.equal(byeCode(await raw.next()), 'WIRE_FRAME_MALFORMED')
    await raw.closed
    const other = await fixture.rawDial(waiting.listener.address)
    other.send(encodeFrame(numbered(1)))
    t.equal(byeCode(await other.next()), 'WIRE_MESSAGE_UNEXPECTED')
    await other.closed
    const near = await fixture.create().dial(waiting.listener.address)
    await near.send(numbered(2))
    t.strictSame(await take(await waiting.accept(), 1), [numbered(2)])
    await near.close('done')
  })

  t.test('refuses a large frame from a peer that has not said who it is', async (t) => {
    await using fixture = await createFixture()
    await using waiting = await listenAndWait(fixture)
    const raw = await fixture.rawDial(waiting.listener.address)
    raw.send(encodeFrame(hiddenOf(new Float32Array(64 * 1024))))
    await raw.closed
    const near = await fixture.create().dial(waiting.listener.address)
    t.equal(near.peer.node, 'far')
    await near.close('done')
  })

  t.test('refuses a frame over its limit by name, and the sender learns of it', async (t) => {
    await using fixture = await createFixture()
    const limits = { frameBytesMax: 64 * 1024, headerBytesMax: 32 * 1024 }
    await using pair = await linkPair(fixture, { far: { limits } })
    const atSender = drain(pair.near)
    const atReceiver = drain(pair.far)
    void pair.near.send(hiddenOf(new Float32Array(32 * 1024))).catch(() => undefined)
    await t.rejects(atReceiver, FrameTooLargeError)
    // Where the transport itself refuses, nobody vouches for the end.
    await t.rejects(atSender, { code: /^WIRE_LINK_(CLOSED|TRUNCATED)$/ })
    await pair.near.closed
  })
}
