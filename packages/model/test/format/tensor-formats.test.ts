import t from 'tap'
import type { TensorDtype } from '../../src/checkpoint.ts'
import { HALF_VALUES, toHalf } from '../../src/format/half.ts'
import { TENSOR_DTYPES, TENSOR_FORMATS } from '../../src/format/registry.ts'
import { testRandom } from '../support/seed.ts'
import { randomBlocks } from '../support/tiny-model.ts'

/** The 16-bit float at `at`, by IEEE 754's formula and not by our table. */
function half(bytes: Uint8Array, at: number): number {
  const bits = bytes[at]! + 256 * bytes[at + 1]!
  const sign = bits >= 32768 ? -1 : 1
  const exponent = Math.floor(bits / 1024) % 32
  const fraction = bits % 1024
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

const int8 = (byte: number): number => (byte > 127 ? byte - 256 : byte)
/** Bit number `bit` of a field of bytes. */
const bitAt = (bytes: Uint8Array, at: number, bit: number): number =>
  Math.floor(bytes[at + (bit >> 3)]! / 2 ** (bit & 7)) % 2
/** Element `i` of 32 whose nibbles are paired with a distance of 16. */
const nibble32 = (bytes: Uint8Array, at: number, i: number): number =>
  i < 16 ? bytes[at + i]! % 16 : Math.floor(bytes[at + i - 16]! / 16)
/** Element `i` of 256 whose nibbles are paired with a distance of 32. */
const nibble256 = (bytes: Uint8Array, at: number, i: number): number => {
  const byte = bytes[at + 32 * Math.floor(i / 64) + (i % 32)]!
  return i % 64 < 32 ? byte % 16 : Math.floor(byte / 16)
}

/** Scale and minimum of group `g` of Q4_K and Q5_K, bit by bit as the format's description lists them. */
function kGroup(bytes: Uint8Array, at: number, g: number): { scale: number; minimum: number } {
  const s = bytes.subarray(at, at + 12)
  if (g < 4) return { scale: s[g]! % 64, minimum: s[g + 4]! % 64 }
  return {
    scale: (s[g + 4]! % 16) + 16 * Math.floor(s[g - 4]! / 64),
    minimum: Math.floor(s[g + 4]! / 16) + 16 * Math.floor(s[g]! / 64),
  }
}

/** The value of element `i` of the block at `at`, each format by itself and in the plainest way. */
const REFERENCE: Record<TensorDtype, (bytes: Uint8Array, at: number, i: number) => number> = {
  F32: (bytes, at) => new DataView(bytes.buffer).getFloat32(bytes.byteOffset + at, true),
  F16: (bytes, at) => half(bytes, at),
  BF16: (bytes, at) => {
    const view = new DataView(new ArrayBuffer(4))
    view.setUint16(2, bytes[at]! + 256 * bytes[at + 1]!, true)
    return view.getFloat32(0, true)
  },
  Q4_0: (bytes, at, i) => half(bytes, at) * (nibble32(bytes, at + 2, i) - 8),
  Q4_1: (bytes, at, i) => half(bytes, at) * nibble32(bytes, at + 4, i) + half(bytes, at + 2),
  Q5_0: (bytes, at, i) => half(bytes, at) * (nibble32(bytes, at + 6, i) + 16 * bitAt(bytes, at + 2, i) - 16),
  Q5_1: (bytes, at, i) =>
    half(bytes, at) * (nibble32(bytes, at + 8, i) + 16 * bitAt(bytes, at + 4, i)) + half(bytes, at + 2),
  Q8_0: (bytes, at, i) => half(bytes, at) * int8(bytes[at + 2 + i]!),
  Q4_K: (bytes, at, i) => {
    const { scale, minimum } = kGroup(bytes, at + 4, Math.floor(i / 32))
    return half(bytes, at) * scale * nibble256(bytes, at + 16, i) - half(bytes, at + 2) * minimum
  },
  Q5_K: (bytes, at, i) => {
    const group = Math.floor(i / 32)
    const { scale, minimum } = kGroup(bytes, at + 4, group)
    const q = nibble256(bytes, at + 48, i) + 16 * (Math.floor(bytes[at + 16 + (i % 32)]! / 2 ** group) % 2)
    return half(bytes, at) * scale * q - half(bytes, at + 2) * minimum
  },
  Q6_K: (bytes, at, i) => {
    const part = i % 128
    const low = bytes[at + 64 * Math.floor(i / 128) + (part % 64)]!
    const upper = bytes[at + 128 + 32 * Math.floor(i / 128) + (part % 32)]!
    const q =
      (part < 64 ? low % 16 : Math.floor(low / 16)) +
      16 * (Math.floor(upper / 4 ** Math.floor(part / 32)) % 4)
    return half(bytes, at + 208) * int8(bytes[at + 192 + Math.floor(i / 16)]!) * (q - 32)
  },
}

for (const dtype of TENSOR_DTYPES) {
  t.test(`${dtype}: random blocks have the values of a plain reference`, (t) => {
    const random = testRandom((line) => t.comment(line))
    const { blockBytes, blockElements, dequantize } = TENSOR_FORMATS[dtype]
    const blocks = 300
    const bytes = randomBlocks(dtype, blocks, random)
    const out = new Float32Array(blocks * blockElements)
    dequantize(bytes, out)
    const expected = Float32Array.from(out, (_, i) =>
      REFERENCE[dtype](bytes, Math.floor(i / blockElements) * blockBytes, i % blockElements),
    )
    const differing = [...out.keys()].filter((i) => {
      const bothNone = Number.isNaN(out[i]) && Number.isNaN(expected[i])
      // Halves that stand for infinity are beyond the reference's formula; plain floats hold any bits here.
      return !bothNone && out[i] !== expected[i] && Math.abs(expected[i]!) < 65_536 && !Number.isNaN(out[i])
    })
    t.strictSame(differing, [])
    t.end()
  })
}

t.test('golden blocks', (t) => {
  const value = (dtype: TensorDtype, bytes: number[]): number[] => {
    const { blockBytes, blockElements, dequantize } = TENSOR_FORMATS[dtype]
    const out = new Float32Array(blockElements)
    dequantize(
      Uint8Array.from({ length: blockBytes }, (_, i) => bytes[i] ?? 0),
      out,
    )
    return [...out]
  }
  // 0x3800 is 0.5 and 0x3c00 is 1 as a half.
  t.match(value('F32', [0, 0, 0x80, 0x3f]), [1])
  t.match(value('F16', [0, 0xc0]), [-2])
  t.match(value('BF16', [0x49, 0x40]), [3.140625])
  const q4 = value('Q4_0', [0, 0x38, 0xf0, 0x08])
  t.strictSame([q4[0], q4[16], q4[1], q4[17], q4[2]], [-4, 3.5, 0, -4, -4])
  const q41 = value('Q4_1', [0, 0x38, 0, 0x3c, 0xf1])
  t.strictSame([q41[0], q41[16], q41[1]], [1.5, 8.5, 1])
  const q50 = value('Q5_0', [0, 0x3c, 0b1, 0, 0b10, 0, 0x21])
  t.strictSame([q50[0], q50[16], q50[17], q50[1]], [1, -14, 0, -16])
  const q51 = value('Q5_1', [0, 0x3c, 0, 0x38, 0b1, 0, 0b10, 0, 0x21])
  t.strictSame([q51[0], q51[16], q51[17], q51[1]], [17.5, 2.5, 16.5, 0.5])
  const q8 = value('Q8_0', [0, 0x38, 0x80, 0x7f, 0xff])
  t.strictSame(q8.slice(0, 4), [-64, 63.5, -0.5, 0])
  t.end()
})

t.test('halves are read and written exactly', (t) => {
  for (let bits = 0; bits < 65_536; bits++) {
    const value = HALF_VALUES[bits]!
    if (Number.isNaN(value)) continue
    if (toHalf(value) !== bits) t.fail(`0x${bits.toString(16)} comes back as 0x${toHalf(value).toString(16)}`)
  }
  t.equal(HALF_VALUES[0x7bff], 65_504)
  t.equal(HALF_VALUES[1], 2 ** -24)
  t.equal(toHalf(1 + 2 ** -11), 0x3c00, 'a tie goes to even')
  t.equal(toHalf(1 + 3 * 2 ** -11), 0x3c02, 'a tie goes to even')
  t.equal(toHalf(1e6), 0x7c00)
  t.equal(toHalf(2 ** -25), 0)
  t.equal(toHalf(2 ** -25 * 1.01), 1)
  t.end()
})
