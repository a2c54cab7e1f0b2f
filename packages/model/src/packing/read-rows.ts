import { AbortedError } from '@shardline/core'
import type { RoleTensor } from '../checkpoint.ts'
import { TensorNotFiniteError } from '../errors.ts'
import { TENSOR_FORMATS } from '../format/registry.ts'

/** Rows of a matrix. */
export interface RowRange {
  readonly first: number
  readonly count: number
}

/** Bytes of one row of a matrix in its file. */
export function rowBytes(tensor: RoleTensor): number {
  const { entry } = tensor
  return entry.byteLength / (entry.shape[0] ?? 1)
}

/**
 * The bytes of some rows, in Shardline's order: rows of q and k that the file has in the order of an interleaved rotary
 * embedding are put into half-split order. Whole heads are read for that.
 */
export async function readRows(
  tensor: RoleTensor,
  range: RowRange,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (signal?.aborted === true) throw new AbortedError(`reading ${tensor.entry.name}`, signal.reason)
  const { entry, interleavedHeadSize: headSize } = tensor
  const bytesPerRow = rowBytes(tensor)
  const read = ({ first, count }: RowRange): Promise<Uint8Array> =>
    entry.source.read(
      entry.offset + first * bytesPerRow,
      count * bytesPerRow,
      signal === undefined ? {} : { signal },
    )
  if (headSize === undefined) return read(range)
  const first = Math.floor(range.first / headSize) * headSize
  const end = Math.ceil((range.first + range.count) / headSize) * headSize
  const heads = await read({ first, count: end - first })
  const rows = new Uint8Array(range.count * bytesPerRow)
  for (let row = 0; row < range.count; row++) {
    const from = interleavedRow(range.first + row, headSize) - first
    rows.set(heads.subarray(from * bytesPerRow, (from + 1) * bytesPerRow), row * bytesPerRow)
  }
  return rows
}

/** A vector as f32, in Shardline's order. @throws TensorNotFiniteError. */
export async function readVector(tensor: RoleTensor, signal: AbortSignal | undefined): Promise<Float32Array> {
  const { entry, interleavedHeadSize: headSize } = tensor
  const bytes = await entry.source.read(
    entry.offset,
    entry.byteLength,
    signal === undefined ? {} : { signal },
  )
  const values = new Float32Array(entry.shape[0] ?? 0)
  TENSOR_FORMATS[entry.dtype].dequantize(bytes, values)
  checkFinite(values, entry.name)
  return headSize === undefined ? values : values.map((_, row) => values[interleavedRow(row, headSize)] ?? 0)
}

/** Where the file has the row that belongs at `row`: row i + a * size / 2 of a head is row 2i + a in the file. */
function interleavedRow(row: number, headSize: number): number {
  const inHead = row % headSize
  const half = headSize / 2
  return row - inHead + 2 * (inHead % half) + (inHead < half ? 0 : 1)
}

/** @throws TensorNotFiniteError if a value is infinite or no number. */
export function checkFinite(values: Float32Array, tensor: string): void {
  // A finite number less itself is 0; of any other the sum becomes NaN.
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    sum += value - value
  }
  if (sum !== 0) throw new TensorNotFiniteError(tensor)
}
