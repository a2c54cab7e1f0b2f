import { InvalidValueError } from '@shardline/core'
import type { Checkpoint, RoleTensor } from './checkpoint.ts'
import type { EmbeddingTable } from './embedding-table.ts'
import { TokenIdOutOfRangeError } from './errors.ts'
import { TENSOR_FORMATS } from './format/registry.ts'
import { EMBEDDING_ROWS_MAX } from './limits.ts'
import { checkFinite, readRows } from './packing/read-rows.ts'

/** Options of {@link openEmbeddingTable}. */
export interface EmbeddingTableOptions {
  /** Rows kept in memory at the most, the most recently used ones; at least 1. @default EMBEDDING_ROWS_MAX */
  readonly rowsMax?: number
}

/** Rows that are read at the same time. */
const READS_MAX = 32

/**
 * Rows of the checkpoint's embedding matrix, read when they are needed and given as the exact f32 values of the file's format.
 * The checkpoint must stay open as long as the table is used.
 *
 * @throws InvalidValueError if `rowsMax` is no whole number of at least 1.
 */
export async function openEmbeddingTable(
  checkpoint: Checkpoint,
  options: EmbeddingTableOptions = {},
): Promise<EmbeddingTable> {
  const rowsMax = options.rowsMax ?? EMBEDDING_ROWS_MAX
  if (!Number.isSafeInteger(rowsMax) || rowsMax < 1)
    throw new InvalidValueError(`rowsMax is ${rowsMax}; allowed are whole numbers from 1`)
  return new FileEmbeddingTable(checkpoint.roles.embedding, rowsMax)
}

class FileEmbeddingTable implements EmbeddingTable {
  readonly hiddenSize: number
  readonly vocabularySize: number
  readonly #tensor: RoleTensor
  readonly #rowsMax: number
  /** The order of the keys is the order of use: the first one was used longest ago. */
  readonly #recent = new Map<number, Float32Array>()

  constructor(tensor: RoleTensor, rowsMax: number) {
    const [vocabularySize = 0, hiddenSize = 0] = tensor.entry.shape
    this.vocabularySize = vocabularySize
    this.hiddenSize = hiddenSize
    this.#tensor = tensor
    this.#rowsMax = rowsMax
  }

  async rows(ids: readonly number[]): Promise<Float32Array> {
    for (const id of ids) {
      if (!Number.isSafeInteger(id) || id < 0 || id >= this.vocabularySize)
        throw new TokenIdOutOfRangeError(id, this.vocabularySize)
    }
    const out = new Float32Array(ids.length * this.hiddenSize)
    const placesOf = this.#copyRecent(ids, out)
    const missing = [...placesOf.keys()]
    for (let i = 0; i < missing.length; i += READS_MAX) {
      await Promise.all(
        missing.slice(i, i + READS_MAX).map(async (id) => {
          const row = await this.#readRow(id)
          for (const place of placesOf.get(id) ?? []) out.set(row, place * this.hiddenSize)
          this.#remember(id, row)
        }),
      )
    }
    return out
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#recent.clear()
  }

  /** Copies the rows that are in memory; returns where the others belong. */
  #copyRecent(ids: readonly number[], out: Float32Array): ReadonlyMap<number, readonly number[]> {
    const placesOf = new Map<number, number[]>()
    for (const [place, id] of ids.entries()) {
      const row = this.#recent.get(id)
      if (row === undefined) addPlace(placesOf, id, place)
      else {
        out.set(row, place * this.hiddenSize)
        this.#remember(id, row)
      }
    }
    return placesOf
  }

  async #readRow(id: number): Promise<Float32Array> {
    const { entry } = this.#tensor
    const row = new Float32Array(this.hiddenSize)
    TENSOR_FORMATS[entry.dtype].dequantize(
      await readRows(this.#tensor, { first: id, count: 1 }, undefined),
      row,
    )
    checkFinite(row, entry.name)
    return row
  }

  #remember(id: number, row: Float32Array): void {
    this.#recent.delete(id)
    this.#recent.set(id, row)
    if (this.#recent.size <= this.#rowsMax) return
    const oldest = this.#recent.keys().next()
    if (oldest.done !== true) this.#recent.delete(oldest.value)
  }
}

function addPlace(placesOf: Map<number, number[]>, id: number, place: number): void {
  const places = placesOf.get(id)
  if (places === undefined) placesOf.set(id, [place])
  else places.push(place)
}
