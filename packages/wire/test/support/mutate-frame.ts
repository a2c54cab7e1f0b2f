import type { Random } from '@shardline/core'
import { CATALOGUE, MESSAGE_KINDS } from '../../src/catalogue.ts'
import { encodeFrame, FRAME_PREFIX_BYTES } from '../../src/frame.ts'
import { frameAround } from './frame-fixtures.ts'
import { SAMPLES } from './sample-messages.ts'

/** First bytes of msgpack values that are worth trying: lengths, extensions, containers. */
const TOKENS: readonly number[] = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcf, 0xd3,
  0xd4, 0xd6, 0xd8, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff,
]

/** Prefix fields: magic, version, flags, kind, header length, payload length. */
const PREFIX_FIELDS: readonly number[] = [0, 2, 3, 4, 8, 12]

const FRAMES: readonly Uint8Array[] = MESSAGE_KINDS.map((kind) => encodeFrame(SAMPLES[kind]))
const IDS: readonly number[] = MESSAGE_KINDS.map((kind) => CATALOGUE[kind].id)

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)] as T
}

type Mutation = (frame: Uint8Array, random: Random) => Uint8Array

const flipBit: Mutation = (frame, random) => {
  const at = random.integer(frame.length)
  frame[at] = (frame[at] ?? 0) ^ (1 << random.integer(8))
  return frame
}

const setByte: Mutation = (frame, random) => {
  frame[random.integer(frame.length)] = random.integer(256)
  return frame
}

const setToken: Mutation = (frame, random) => {
  frame[FRAME_PREFIX_BYTES + random.integer(Math.max(1, frame.length - FRAME_PREFIX_BYTES))] = pick(
    random,
    TOKENS,
  )
  return frame
}

const setPrefixField: Mutation = (frame, random) => {
  frame.set(random.bytes(1 + random.integer(4)).subarray(0, frame.length), pick(random, PREFIX_FIELDS))
  return frame
}

const cut: Mutation = (frame, random) => frame.slice(0, 1 + random.integer(frame.length))

const append: Mutation = (frame, random) => Buffer.concat([frame, random.bytes(1 + random.integer(16))])

const removeSpan: Mutation = (frame, random) => {
  const from = random.integer(frame.length)
  return Buffer.concat([
    frame.subarray(0, from),
    frame.subarray(from + 1 + random.integer(8)),
    Buffer.alloc(1),
  ])
}

const repeatSpan: Mutation = (frame, random) => {
  const from = random.integer(frame.length)
  return Buffer.concat([frame.subarray(0, from + random.integer(32)), frame.subarray(from)])
}

/** Another frame's header behind this one's prefix, lengths put right. */
const crossHeader: Mutation = (_frame, random) => {
  const other = pick(random, FRAMES)
  return frameAround(pick(random, IDS), headerOf(other))
}

/** This frame's header with single bytes changed, lengths put right: reaches past the prefix's checks. */
const wrongHeader: Mutation = (frame, random) => {
  const header = headerOf(frame)
  for (let i = random.integer(4); i >= 0; i--) if (header.length > 0) setByte(header, random)
  return frameAround(pick(random, IDS), header, random.bytes(4 * random.integer(16)))
}

/** A header of random msgpack values. */
const randomHeader: Mutation = (_frame, random) => {
  const header = Uint8Array.from({ length: random.integer(200) }, () =>
    random.integer(2) === 0 ? pick(random, TOKENS) : random.integer(256),
  )
  if (header.length > 0) header[0] = 0x80 + random.integer(16)
  return frameAround(pick(random, IDS), header)
}

const randomBytes: Mutation = (_frame, random) => random.bytes(random.integer(300))

/** Those that get past the prefix's checks stand several times. */
const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setToken,
  setToken,
  setToken,
  setPrefixField,
  cut,
  append,
  removeSpan,
  repeatSpan,
  crossHeader,
  crossHeader,
  wrongHeader,
  wrongHeader,
  wrongHeader,
  wrongHeader,
  randomHeader,
  randomBytes,
]

function headerOf(frame: Uint8Array): Uint8Array {
  if (frame.length < FRAME_PREFIX_BYTES) return new Uint8Array(0)
  const length = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(8, true)
  return frame.slice(FRAME_PREFIX_BYTES, FRAME_PREFIX_BYTES + length)
}

/** A frame that is probably wrong somewhere: a valid one after one to three mutations, or random bytes. */
export function mutatedFrame(random: Random): Uint8Array {
  let frame: Uint8Array = Uint8Array.from(pick(random, FRAMES))
  for (let i = random.integer(3); i >= 0; i--) {
    if (frame.length > FRAME_PREFIX_BYTES) frame = pick(random, MUTATIONS)(frame, random)
  }
  return frame
}
