import t from 'tap'
import type { TensorDtype } from '../../src/checkpoint.ts'
import { TENSOR_FORMATS } from '../../src/format/registry.ts'
import type { BlockShape, BlockSlab, RowShape } from '../../src/quantize/block-slab.ts'
import { quantizeBlocks } from '../../src/quantize/quantize-blocks.ts'
import { repackQ4_0 } from '../../src/quantize/repack-q4-0.ts'
import { repackQ8_0 } from '../../src/quantize/repack-q8-0.ts'
import { splitQ4_1 } from '../../src/quantize/split-q4-1.ts'
import { splitQ4_K } from '../../src/quantize/split-q4-k.ts'
import { normals, testRandom } from '../support/seed.ts'
import { randomBlocks } from '../support/tiny-model.ts'
import { unpackBlocks } from '../support/unpack.ts'

/** The values of a slab, padding left out. */
function valuesOf(slab: BlockSlab, shape: RowShape, block: BlockShape): Float64Array {
  return unpackBlocks({ ...slab, offsets: slab.offsets }, { ...shape, ...block })
}

function dequantized(dtype: TensorDtype, bytes: Uint8Array): Float32Array {
  const { blockBytes, blockElements, dequantize } = TENSOR_FORMATS[dtype]
  const out = new Float32Array((bytes.length / blockBytes) * blockElements)
  dequantize(bytes, out)
  return out
}

const SHAPE: RowShape = { rows: 10, inputs: 96 }

t.test('Q4_0 and Q8_0 keep every value', (t) => {
  const random = testRandom((line) => t.comment(line))
  const four = randomBlocks('Q4_0', 30, random)
  const eight = randomBlocks('Q8_0', 30, random)
  for (const bits of [4, 8] as const) {
    const slab = repackQ4_0(four, SHAPE, bits)
    t.strictSame(Float32Array.from(valuesOf(slab, SHAPE, { bits, blockSize: 32 })), dequantized('Q4_0', four))
  }
  const slab = repackQ8_0(eight, SHAPE)
  t.strictSame(
    Float32Array.from(valuesOf(slab, SHAPE, { bits: 8, blockSize: 32 })),
    dequantized('Q8_0', eight),
  )
  t.end()
})

t.test('Q4_0 is repacked to known bytes', (t) => {
  // Element j is j mod 16: byte j pairs j with j + 16, so both halves are j.
  const bytes = Uint8Array.from([0x00, 0x3c, ...Array.from({ length: 16 }, (_, j) => j * 17)])
  const { data, scales } = repackQ4_0(bytes, { rows: 1, inputs: 32 }, 4)
  t.strictSame(
    [...data],
    [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe],
  )
  t.strictSame([...scales], [1])
  t.end()
})

const SPLITS = [
  { dtype: 'Q4_1', split: splitQ4_1, shape: SHAPE, blocks: 30 },
  { dtype: 'Q4_K', split: splitQ4_K, shape: { rows: 10, inputs: 512 }, blocks: 20 },
] as const

for (const { dtype, split, shape, blocks } of SPLITS) {
  t.test(`split ${dtype} is as exact as f32 allows`, (t) => {
    const random = testRandom((line) => t.comment(line))
    const bytes = randomBlocks(dtype, blocks, random)
    const values = valuesOf(split(bytes, shape), shape, { bits: 4, blockSize: 32 })
    const expected = dequantized(dtype, bytes)
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? 0))), 0)
    t.ok(worst <= largest * 2 ** -22, `off by ${worst} of ${largest}`)
    t.equal(values.length, shape.rows * shape.inputs)
    t.end()
  })
}

for (const blockSize of [32, 64, 128]) {
  t.test(`8-bit blocks of ${blockSize} are off by half a step at the most`, (t) => {
    const random = testRandom((line) => t.comment(line))
    const shape = { rows: 7, inputs: 300 }
    const values = normals(random, shape.rows * shape.inputs, 0.02)
    const slab = quantizeBlocks(values, shape, { bits: 8, blockSize })
    const got = valuesOf(slab, shape, { bits: 8, blockSize })
    const blocks = Math.ceil(shape.inputs / blockSize)
    const isClose = values.every((value, i) => {
      const scale =
        slab.scales[Math.floor(i / shape.inputs) * blocks + Math.floor((i % shape.inputs) / blockSize)] ?? 0
      return Math.abs(value - (got[i] ?? 0)) <= scale * 0.5001
    })
    t.ok(isClose)
    t.equal(slab.data.length, 7 * blocks * blockSize)
    const padding = slab.data.slice(300, blocks * blockSize)
    t.ok(
      padding.every((code) => code === 128),
      'the rest of a row is zero',
    )
    t.end()
  })

  t.test(`4-bit blocks of ${blockSize} are better than the plain scale`, (t) => {
    const random = testRandom((line) => t.comment(line))
    const shape = { rows: 16, inputs: 256 }
    const values = normals(random, shape.rows * shape.inputs, 0.02)
    const got = valuesOf(quantizeBlocks(values, shape, { bits: 4, blockSize }), shape, { bits: 4, blockSize })
    const error = (other: ArrayLike<number>): number =>
      values.reduce((sum, value, i) => sum + (value - (other[i] ?? 0)) ** 2, 0)
    t.ok(
      error(got) < error(plain4(values, blockSize)) * 0.95,
      `${error(got)} against ${error(plain4(values, blockSize))}`,
    )
    t.end()
  })
}

/** Values quantized with the one scale that makes the largest magnitude -8. */
function plain4(values: Float32Array, blockSize: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let start = 0; start < values.length; start += blockSize) {
    const block = values.subarray(start, start + blockSize)
    const extreme = block.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0)
    const scale = extreme / -8
    block.forEach(
      (value, i) => (out[start + i] = Math.max(-8, Math.min(7, Math.round(value / scale))) * scale),
    )
  }
  return out
}

t.test('zeros, tiny and huge values stay what they are', (t) => {
  for (const bits of [4, 8] as const) {
    const block: BlockShape = { bits, blockSize: 32 }
    const shape = { rows: 1, inputs: 32 }
    const through = (values: Float32Array): Float64Array =>
      valuesOf(quantizeBlocks(values, shape, block), shape, block)
    t.ok(
      through(new Float32Array(32)).every((value) => value === 0),
      'zeros',
    )
    t.ok(
      through(new Float32Array(32).fill(1e-45)).every((value) => Math.abs(value) <= 1e-40),
      'denormals',
    )
    t.ok(
      through(new Float32Array(32).fill(3e38)).every((value) => Math.abs(value - 3e38) < 3e36),
      'huge',
    )
    const single = new Float32Array(32)
    single[5] = -0.75
    t.ok(Math.abs((through(single)[5] ?? 0) + 0.75) < 1e-6, 'one value alone')
  }
  t.end()
})
