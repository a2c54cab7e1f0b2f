import type { ByteSource } from '../../src/byte-source.ts'
import { checkRange } from '../../src/source/check-range.ts'

/** A source over bytes in memory that counts what is read from it. */
export class MemorySource implements ByteSource {
  readonly label: string
  readonly sizeBytes: number
  readonly #bytes: Uint8Array
  /** Bytes that were read so far. */
  readBytes = 0

  constructor(bytes: Uint8Array, label = 'memory') {
    // A Buffer's slice would share its memory.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.label = label
    this.sizeBytes = bytes.length
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length)
    this.readBytes += length
    return this.#bytes.slice(offset, offset + length)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open.
  }
}
