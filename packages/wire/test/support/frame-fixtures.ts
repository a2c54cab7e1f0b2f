import { decode, encode } from '@msgpack/msgpack'
import type { Message } from '../../src/index.ts'
import { CATALOGUE, MESSAGE_KINDS } from '../../src/catalogue.ts'
import { encodeFrame, FRAME_PREFIX_BYTES, FRAME_VERSION } from '../../src/frame.ts'
import { SAMPLES } from './sample-messages.ts'

/** A frame taken apart without any of the code under test. */
export interface PlainFrame {
  readonly id: number
  readonly header: unknown
  readonly payload: Uint8Array
}

/** Reads a frame as a browser would: a DataView for the prefix and @msgpack/msgpack for the header. */
export function readPlainFrame(frame: Uint8Array): PlainFrame {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const headerBytes = view.getUint32(8, true)
  const payloadBytes = view.getUint32(12, true)
  return {
    id: view.getUint32(4, true),
    header: decode(frame.subarray(FRAME_PREFIX_BYTES, FRAME_PREFIX_BYTES + headerBytes)),
    payload: frame.subarray(frame.byteLength - payloadBytes),
  }
}

/** Puts a frame together around any header bytes. */
export function frameAround(
  id: number,
  header: Uint8Array,
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const payloadStart = Math.ceil((FRAME_PREFIX_BYTES + header.byteLength) / 4) * 4
  const frame = new Uint8Array(payloadStart + payload.byteLength)
  const view = new DataView(frame.buffer)
  frame.set([0x53, 0x4c, FRAME_VERSION, 0])
  view.setUint32(4, id, true)
  view.setUint32(8, header.byteLength, true)
  view.setUint32(12, payload.byteLength, true)
  frame.set(header, FRAME_PREFIX_BYTES)
  frame.set(payload, payloadStart)
  return frame
}

/** Writes a frame as a browser would. */
export function writePlainFrame(message: Message): Uint8Array {
  const { kind, ...rest } = message
  if (!('payload' in rest)) return frameAround(CATALOGUE[kind].id, encode(rest))
  const { payload, ...header } = rest
  return frameAround(
    CATALOGUE[kind].id,
    encode(header),
    new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength),
  )
}

/** All fixtures by file name: `KIND.msgpackr.bin` is written by this package, `KIND.msgpack.bin` by @msgpack/msgpack. */
export function frameFixtures(): ReadonlyMap<string, Uint8Array> {
  const fixtures = new Map<string, Uint8Array>()
  for (const kind of MESSAGE_KINDS) {
    fixtures.set(`${kind}.msgpackr.bin`, encodeFrame(SAMPLES[kind]))
    fixtures.set(`${kind}.msgpack.bin`, writePlainFrame(SAMPLES[kind]))
  }
  return fixtures
}
