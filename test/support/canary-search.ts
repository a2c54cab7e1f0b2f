import { encode } from '@msgpack/msgpack'

/** What may give something away, in all its forms. */
export interface Needle {
  /** What it is of, and in which form. */
  readonly name: string
  readonly bytes: Buffer
}

/** Ids of one run; the run is made longer where these are too few bytes to mean anything. */
const RUN_IDS = 3
/** Fewer bytes than this turn up in noise. */
const RUN_BYTES_MIN = 6
/** Characters of a text that are looked for together. */
const SLICE_CHARS = 12
/** Bytes of a hidden state that are looked for together: four numbers of f32. */
const ROW_BYTES = 16

/** Each word of four characters or more: as it is, in small letters and capitals, in UTF-16, hex and base64. */
export function wordNeedles(text: string): readonly Needle[] {
  const words = new Set(text.match(/\p{L}{4,}/gu))
  return [...words].flatMap((word) =>
    [word, word.toLowerCase(), word.toUpperCase()].flatMap((form) => {
      const bytes = Buffer.from(form)
      return [
        { name: `the word ${form}`, bytes },
        { name: `the word ${form} in UTF-16`, bytes: Buffer.from(form, 'utf16le') },
        { name: `the word ${form} in hex`, bytes: Buffer.from(bytes.toString('hex')) },
        ...[0, 1, 2].map((offset) => ({
          name: `the word ${form} in base64, at ${offset}`,
          bytes: Buffer.from(base64Within(bytes, offset)),
        })),
      ]
    }),
  )
}

/** What base64 makes of bytes at an offset, without the characters that their neighbours decide. */
function base64Within(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes])
  const text = whole.subarray(0, whole.length - (whole.length % 3)).toString('base64')
  return text.slice(offset === 0 ? 0 : 4)
}

/** Every twelve characters of a text that follow each other. */
export function textNeedles(what: string, text: string): readonly Needle[] {
  return Array.from({ length: Math.max(1, text.length - SLICE_CHARS + 1) }, (_, at) => {
    const slice = text.slice(at, at + SLICE_CHARS)
    return { name: `${what} at ${at}: ${slice}`, bytes: Buffer.from(slice) }
  })
}

/** How a run of token ids may be written. */
const WRITTEN: Readonly<Record<string, (ids: readonly number[]) => Uint8Array>> = {
  msgpack: (ids) => Buffer.concat(ids.map((id) => encode(id))),
  JSON: (ids) => Buffer.from(ids.join(',')),
  int16: (ids) => new Uint8Array(Int16Array.from(ids).buffer),
  int32: (ids) => new Uint8Array(Int32Array.from(ids).buffer),
  int64: (ids) => new Uint8Array(BigInt64Array.from(ids, BigInt).buffer),
}

/** Every run of three ids, and more where three are short, as whatever may be written of them. */
export function idNeedles(what: string, ids: readonly number[]): readonly Needle[] {
  return Object.entries(WRITTEN).flatMap(([form, write]) =>
    ids.flatMap((_, first) => {
      for (let end = first + RUN_IDS; end <= ids.length; end++) {
        const bytes = Buffer.from(write(ids.slice(first, end)))
        if (bytes.length >= RUN_BYTES_MIN) return [{ name: `${what} from ${first} on in ${form}`, bytes }]
      }
      return []
    }),
  )
}

/** Every four numbers of a row, from its first on. */
export function rowNeedles(what: string, row: Uint8Array): readonly Needle[] {
  const bytes = Buffer.from(row)
  return Array.from({ length: Math.floor(bytes.length / ROW_BYTES) }, (_, index) => ({
    name: `${what} from byte ${index * ROW_BYTES} on`,
    bytes: bytes.subarray(index * ROW_BYTES, (index + 1) * ROW_BYTES),
  }))
}

/** Shortest needle that can be looked for: one that is shorter turns up everywhere. */
const NEEDLE_BYTES_MIN = 4

/** Names of those that are in the bytes. One look at each byte, however many needles there are. */
export function findNeedles(needles: readonly Needle[], bytes: Buffer): readonly string[] {
  const { marks, byMark } = indexOf(needles)
  const found = new Set<Needle>()
  for (let at = 0; at + NEEDLE_BYTES_MIN <= bytes.length; at++) {
    if (marks[bytes.readUInt16LE(at)] === 0) continue
    for (const { needle, markAt } of byMark.get(bytes.readUInt32LE(at)) ?? []) {
      if (isAt(needle.bytes, bytes, at - markAt)) found.add(needle)
    }
  }
  return needles.filter((needle) => found.has(needle)).map(({ name }) => name)
}

/** A needle and where in it the four bytes are by which it is found. */
interface Marked {
  readonly needle: Needle
  readonly markAt: number
}

interface NeedleIndex {
  /** 1 where a mark begins with these two bytes. */
  readonly marks: Uint8Array
  readonly byMark: ReadonlyMap<number, readonly Marked[]>
}

/** Each set is looked for in many places. */
const indexes = new WeakMap<readonly Needle[], NeedleIndex>()

function indexOf(needles: readonly Needle[]): NeedleIndex {
  const known = indexes.get(needles)
  if (known !== undefined) return known
  const marks = new Uint8Array(2 ** 16)
  const byMark = new Map<number, Marked[]>()
  for (const needle of needles) {
    const { name, bytes } = needle
    if (bytes.length < NEEDLE_BYTES_MIN) throw new RangeError(`${name} is too short to be found`)
    // Files are full of zeros, so none begins a mark if that can be helped.
    const markAt = Math.max(
      0,
      bytes.subarray(0, 1 - NEEDLE_BYTES_MIN).findIndex((byte) => byte !== 0),
    )
    marks[bytes.readUInt16LE(markAt)] = 1
    const mark = bytes.readUInt32LE(markAt)
    byMark.set(mark, [...(byMark.get(mark) ?? []), { needle, markAt }])
  }
  const index = { marks, byMark }
  indexes.set(needles, index)
  return index
}

/** Most differ at once, and comparing buffers takes its time before the first byte. */
function isAt(needle: Buffer, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < needle.length; index++) {
    if (needle[index] !== bytes[start + index]) return false
  }
  return true
}

/** Shorter runs of base64 or hex hold nothing that is looked for. */
const RUN_CHARS_MIN = 8
const BASE64_RUN = new RegExp(`[A-Za-z0-9+/_-]{${RUN_CHARS_MIN},}`, 'g')
const HEX_RUN = new RegExp(`[0-9A-Fa-f]{${RUN_CHARS_MIN},}`, 'g')
/** Characters of base64 that stand for whole bytes. */
const BASE64_CHARS = 4

/** Bytes, and behind them what each run of base64 or hex in them stands for, wherever in the run it begins. */
export function withDecoded(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  const base64 = [...text.matchAll(BASE64_RUN)].flatMap(([run]) =>
    Array.from({ length: BASE64_CHARS }, (_, start) => Buffer.from(run.slice(start), 'base64')),
  )
  const hex = [...text.matchAll(HEX_RUN)].flatMap(([run]) =>
    [0, 1].map((start) => Buffer.from(run.slice(start), 'hex')),
  )
  return Buffer.concat([bytes, ...base64, ...hex])
}
