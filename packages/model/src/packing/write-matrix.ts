import type { FileHandle } from 'node:fs/promises'
import type { RoleTensor } from '../checkpoint.ts'
import { PACK_SLAB_BYTES_MAX } from '../limits.ts'
import type { PackedArray } from '../packed-shard.ts'
import { blockRows, floatRows } from './block-rows.ts'
import type { MatrixPlan } from './part-plan.ts'
import type { RowRange } from './read-rows.ts'
import { readRows, rowBytes } from './read-rows.ts'
import { transposeInto } from './transpose.ts'

/** Where packed arrays are written to. */
export interface PackTarget {
  readonly handle: FileHandle
  /** Where the first array begins. */
  readonly dataOffset: number
  readonly signal: AbortSignal | undefined
  /** Called after some source bytes are done. */
  readonly onBytes: (bytes: number) => void
}

/** Writes bytes at an offset in the file, all of them. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done)
    done += bytesWritten
  }
}

/** A view of the bytes of floats. */
export function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
}

/** Packs a matrix and writes its arrays, some rows at a time. @throws TensorNotFiniteError, AbortedError. */
export async function writeMatrix(matrix: MatrixPlan, target: PackTarget): Promise<void> {
  let row = 0
  const columns = new ColumnWriter(matrix, target)
  for (const piece of matrix.pieces) {
    for (const range of slabs(piece)) {
      const bytes = await readRows(piece, range, target.signal)
      await writeSlab(bytes, { piece, range, row }, { matrix, target, columns })
      row += range.count
      target.onBytes(range.count * rowBytes(piece))
    }
  }
  await columns.flush()
}

interface Slab {
  readonly piece: RoleTensor
  readonly range: RowRange
  /** Row of the whole matrix at which the slab begins. */
  readonly row: number
}

interface SlabTarget {
  readonly matrix: MatrixPlan
  readonly target: PackTarget
  readonly columns: ColumnWriter
}

async function writeSlab(
  bytes: Uint8Array,
  slab: Slab,
  { matrix, target, columns }: SlabTarget,
): Promise<void> {
  const { form, packed } = matrix
  const { entry } = slab.piece
  const shape = { rows: slab.range.count, inputs: packed.inputs }
  if (form.kind === 'dense' || packed.kind === 'dense') {
    await columns.add(floatRows(bytes, entry, shape), slab.range.count)
    return
  }
  const blocks = blockRows(bytes, { entry, shape }, form)
  const rowOf = (array: PackedArray): number =>
    target.dataOffset + array.offset + (array.byteLength / packed.outputs) * slab.row
  await writeAll(target.handle, blocks.data, rowOf(packed.data))
  await writeAll(target.handle, bytesOf(blocks.scales), rowOf(packed.scales))
  if (blocks.offsets !== undefined) await columns.add(blocks.offsets, slab.range.count)
}

/** Ranges of rows that each take no more than PACK_SLAB_BYTES_MAX as f32; whole heads where rows are reordered. */
function slabs(piece: RoleTensor): readonly RowRange[] {
  const [rows = 0, inputs = 1] = piece.entry.shape
  const wanted = Math.max(1, Math.floor(PACK_SLAB_BYTES_MAX / (inputs * 4)))
  const unit = piece.interleavedHeadSize ?? 1
  const step = Math.max(unit, Math.floor(wanted / unit) * unit)
  const count = Math.ceil(rows / step)
  return Array.from({ length: count }, (_, i) => ({
    first: i * step,
    count: Math.min(step, rows - i * step),
  }))
}

/**
 * Turns rows into the columns of a transposed array: dense weights and block offsets.
 *
 * Columns are collected and written when they reach PACK_SLAB_BYTES_MAX, so an array up to that size is one write and a larger
 * one is a write per line and collection.
 */
class ColumnWriter {
  readonly #target: PackTarget
  readonly #array: PackedArray | undefined
  readonly #lines: number
  readonly #outputs: number
  readonly #collectedMax: number
  #collected: Float32Array | undefined
  #first = 0
  #count = 0

  constructor({ packed }: MatrixPlan, target: PackTarget) {
    this.#target = target
    this.#array = packed.kind === 'dense' ? packed.data : packed.offsets
    this.#outputs = packed.outputs
    this.#lines = this.#array?.shape[0] ?? 1
    this.#collectedMax = Math.min(
      packed.outputs,
      Math.max(1, Math.floor(PACK_SLAB_BYTES_MAX / (this.#lines * 4))),
    )
  }

  /** Takes `rows` rows of one value per line. */
  async add(values: Float32Array, rows: number): Promise<void> {
    for (let done = 0; done < rows;) {
      const count = Math.min(rows - done, this.#collectedMax - this.#count)
      const part = values.subarray(done * this.#lines, (done + count) * this.#lines)
      this.#collected ??= new Float32Array(this.#lines * this.#collectedMax)
      const target = { out: this.#collected, outColumns: this.#collectedMax, column: this.#count }
      transposeInto(part, { rows: count, inputs: this.#lines }, target)
      this.#count += count
      done += count
      if (this.#count === this.#collectedMax) await this.flush()
    }
  }

  /** Writes what is collected. */
  async flush(): Promise<void> {
    if (this.#array === undefined || this.#collected === undefined || this.#count === 0) return
    const { handle, dataOffset } = this.#target
    const start = dataOffset + this.#array.offset
    if (this.#count === this.#outputs) await writeAll(handle, bytesOf(this.#collected), start)
    else
      for (let line = 0; line < this.#lines; line++) {
        const from = line * this.#collectedMax
        const columns = bytesOf(this.#collected.subarray(from, from + this.#count))
        await writeAll(handle, columns, start + (line * this.#outputs + this.#first) * 4)
      }
    this.#first += this.#count
    this.#count = 0
  }
}
