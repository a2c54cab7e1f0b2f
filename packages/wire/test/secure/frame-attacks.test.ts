import { SeededRandom } from '@shardline/core'
import type { Test } from 'tap'
import t from 'tap'
import type { Link } from '../../src/index.ts'
import { encodeFrame } from '../../src/index.ts'
import { drain, take } from '../compliance/link-pair.ts'
import { numbered } from '../compliance/sample-frames.ts'
import type { AttackedPair } from '../support/attacked-pair.ts'
import { attackedPair } from '../support/attacked-pair.ts'
import { flipped } from '../support/tamper-proxy.ts'
import type { Tamper } from '../support/tamper-proxy.ts'
import { testSeed } from '../support/test-seed.ts'

const seed = testSeed((text) => t.comment(text))

/** Records of the dialing side before its first message: the handshake's first and third, and hello. */
const BEFORE = 3

/** Changes the records of the dialing side's messages, counted from 0; all else passes. */
const ofMessages =
  (tamper: (record: Uint8Array, index: number) => readonly Uint8Array[]): Tamper =>
  (record, direction, index) =>
    direction === 'up' && index >= BEFORE ? tamper(record, index - BEFORE) : [record]

/** Sends messages 0, 1, 2 … through the proxy, and checks how the link ends. */
async function checkAttack(
  t: Test,
  init: { readonly tamper: Tamper; readonly sent?: number; readonly arrived: number; readonly code: string },
): Promise<void> {
  await using pair = await attackedPair({ tamper: init.tamper })
  const { near, far } = await pair.link()
  const atSender = drain(near)
  for (let i = 0; i < (init.sent ?? 3); i++) await near.send(numbered(i))
  const before = Array.from({ length: init.arrived }, (_, i) => numbered(i))
  t.strictSame(await take(far, init.arrived), before, 'what came before is delivered')
  await t.rejects(drain(far), { code: init.code })
  await t.rejects(atSender, { code: 'WIRE_LINK_CLOSED', message: new RegExp(init.code) })
  await Promise.all([near.closed, far.closed])
  await t.rejects(far.send(numbered(1)), { code: 'WIRE_LINK_CLOSED' })
}

t.test('finds a frame that comes again', async (t) => {
  await checkAttack(t, {
    tamper: ofMessages((record, index) => (index === 1 ? [record, record] : [record])),
    arrived: 2,
    code: 'WIRE_FRAME_REPLAYED',
  })
})

t.test('finds a frame that comes again later', async (t) => {
  let first: Uint8Array | undefined
  const tamper = ofMessages((record, index) => {
    first ??= record
    return index === 20 ? [first] : [record]
  })
  await checkAttack(t, { tamper, sent: 21, arrived: 20, code: 'WIRE_FRAME_REPLAYED' })
})

t.test('finds two frames that changed places', async (t) => {
  let held: Uint8Array | undefined
  const tamper = ofMessages((record, index) => {
    if (index !== 1 && index !== 2) return [record]
    if (index === 2) return [record, held!]
    held = record
    return []
  })
  await checkAttack(t, { tamper, arrived: 1, code: 'WIRE_FRAME_MISSING' })
})

t.test('finds that a frame was dropped when the next one comes', async (t) => {
  const tamper = ofMessages((record, index) => (index === 1 ? [] : [record]))
  await checkAttack(t, { tamper, arrived: 1, code: 'WIRE_FRAME_MISSING' })
})

t.test('finds a frame that was cut short, at every length', async (t) => {
  const { byteLength } = encodeFrame(numbered(1))
  for (let length = 0; length < byteLength + 16; length++) {
    const tamper = ofMessages((record, index) => [index === 1 ? record.subarray(0, length) : record])
    await checkAttack(t, { tamper, arrived: 1, code: 'WIRE_FRAME_FORGED' })
  }
})

t.test('finds a flipped bit at every byte position of a frame', async (t) => {
  const random = new SeededRandom(seed)
  const { byteLength } = encodeFrame(numbered(1))
  for (let at = 0; at < byteLength + 16; at++) {
    const bit = random.integer(8)
    const tamper = ofMessages((record, index) => [index === 1 ? flipped(record, at, bit) : record])
    await checkAttack(t, { tamper, arrived: 1, code: 'WIRE_FRAME_FORGED' })
  }
})

t.test('finds a frame made longer', async (t) => {
  const tamper = ofMessages((record, index) => [
    index === 1 ? Buffer.concat([record, Uint8Array.of(0)]) : record,
  ])
  await checkAttack(t, { tamper, arrived: 1, code: 'WIRE_FRAME_FORGED' })
})

t.test('takes no frame in clear', async (t) => {
  const frames = [encodeFrame(numbered(1)), encodeFrame({ kind: 'bye', reason: 'over', code: null })]
  for (const frame of frames) {
    const tamper = ofMessages((record, index) => [index === 1 ? frame : record])
    await checkAttack(t, { tamper, arrived: 1, code: 'WIRE_FRAME_FORGED' })
  }
})

async function twoLinks(pair: AttackedPair): Promise<{ old: Uint8Array[]; near: Link; far: Link }> {
  const first = await pair.link()
  await first.near.send(numbered(0))
  await take(first.far, 1)
  const old = [...pair.proxy.recorded.up]
  await first.near.close('over')
  return { old, ...(await pair.link()) }
}

t.test('takes no frames of an old link on a new one', async (t) => {
  for (const index of [BEFORE - 1, BEFORE]) {
    await using pair = await attackedPair()
    const { old, near, far } = await twoLinks(pair)
    void drain(near).catch(() => undefined)
    pair.proxy.inject('up', old[index]!)
    await t.rejects(drain(far), { code: 'WIRE_FRAME_FORGED' })
  }
})

t.test('takes no frame of its own back', async (t) => {
  await using pair = await attackedPair()
  const { near } = await pair.link()
  await near.send(numbered(0))
  pair.proxy.inject('down', pair.proxy.recorded.up.at(-1)!)
  await t.rejects(drain(near), { code: 'WIRE_FRAME_FORGED' })
})

t.test('takes no frame of before the last change of keys', async (t) => {
  let first: Uint8Array | undefined
  const tamper = ofMessages((record, index) => {
    first ??= record
    return index === 4 ? [first] : [record]
  })
  await using pair = await attackedPair({ tamper, limits: { linkKeyFramesMax: 3 } })
  const { near, far } = await pair.link()
  void drain(near).catch(() => undefined)
  for (let i = 0; i < 5; i++) await near.send(numbered(i))
  await take(far, 4)
  await t.rejects(drain(far), { code: 'WIRE_FRAME_FORGED' })
})

t.test('tells a cut connection from an end', async (t) => {
  await using pair = await attackedPair()
  const { near, far } = await pair.link()
  const ends = [drain(near), drain(far)]
  await near.send(numbered(0))
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  pair.proxy.cut()
  for (const end of ends) await t.rejects(end, { code: 'WIRE_LINK_TRUNCATED' })
  const whole = await pair.link()
  const drained = drain(whole.far)
  await whole.near.close('done')
  t.strictSame(await drained, [])
  t.equal(whole.far.closeReason, 'done')
})

t.test('takes a connection that ends after a dropped goodbye for cut', async (t) => {
  let messages = 0
  const tamper = ofMessages((record) => (messages++ === 0 ? [record] : []))
  await using pair = await attackedPair({ tamper })
  const { near, far } = await pair.link()
  const drained = drain(far)
  await near.send(numbered(0))
  await near.close('done')
  await t.rejects(drained, { code: 'WIRE_LINK_TRUNCATED' })
})
