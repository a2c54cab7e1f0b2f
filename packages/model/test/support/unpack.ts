import { open } from 'node:fs/promises'
import type { PackedArray, PackedMatrix, PackedPart } from '../../src/packed-shard.ts'

/** Sizes of what is unpacked. */
export interface UnpackShape {
  readonly rows: number
  readonly inputs: number
  readonly bits: 4 | 8
  readonly blockSize: number
}

/** Blocks as they are packed; offsets `[rows, blocks]`. */
export interface UnpackArrays {
  readonly data: Uint8Array
  readonly scales: Float32Array
  readonly offsets: Float32Array | undefined
}

/** Values `[rows, inputs]` of blocks, by the definition in PackedMatrix; rounded to f32 where there are no offsets. */
export function unpackBlocks(arrays: UnpackArrays, shape: UnpackShape): Float64Array {
  const { rows, inputs, bits, blockSize } = shape
  const blocks = Math.ceil(inputs / blockSize)
  return Float64Array.from({ length: rows * inputs }, (_, at) => {
    const row = Math.floor(at / inputs)
    const input = at % inputs
    const block = row * blocks + Math.floor(input / blockSize)
    const element = block * blockSize + (input % blockSize)
    const byte = arrays.data[bits === 8 ? element : element >> 1]!
    const code = bits === 8 ? byte - 128 : (element % 2 === 0 ? byte & 15 : byte >> 4) - 8
    return code * arrays.scales[block]! + (arrays.offsets?.[block] ?? 0)
  })
}

/** The bytes of an array of a packed part. */
async function readArray(path: string, array: PackedArray): Promise<Buffer> {
  const handle = await open(path)
  const bytes = Buffer.from(new ArrayBuffer(array.byteLength))
  await handle.read(bytes, 0, array.byteLength, array.offset)
  await handle.close()
  return bytes
}

/** An f32 array of a packed part. */
export async function readFloats(path: string, array: PackedArray): Promise<Float32Array> {
  const bytes = await readArray(path, array)
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}

/** Values `[outputs, inputs]` of a matrix of a packed part, read from its file. */
export async function unpackMatrix(part: PackedPart, matrix: PackedMatrix): Promise<Float64Array> {
  const { outputs, inputs } = matrix
  if (matrix.kind === 'dense') {
    const columns = await readFloats(part.path, matrix.data)
    return Float64Array.from(
      { length: outputs * inputs },
      (_, at) => columns[(at % inputs) * outputs + Math.floor(at / inputs)]!,
    )
  }
  const blocks = Math.ceil(inputs / matrix.blockSize)
  const columns = matrix.offsets === undefined ? undefined : await readFloats(part.path, matrix.offsets)
  const offsets = columns?.map((_, at) => columns[(at % blocks) * outputs + Math.floor(at / blocks)]!)
  const arrays = {
    data: await readArray(part.path, matrix.data),
    scales: await readFloats(part.path, matrix.scales),
    offsets,
  }
  return unpackBlocks(arrays, { rows: outputs, inputs, bits: matrix.bits, blockSize: matrix.blockSize })
}
