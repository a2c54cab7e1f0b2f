import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { AbortedError } from '@shardline/core'
import type { ByteSource } from '../byte-source.ts'
import { SourceReadError } from '../errors.ts'
import { checkRange } from './check-range.ts'

/** Bytes that one system call reads at the most; the operating system's own limit is 2 GiB. */
const CALL_BYTES_MAX = 1 << 30

/**
 * Opens a local file for random access.
 *
 * Reads are positioned, so any number of them can run at the same time.
 *
 * @throws SourceReadError if the file can't be opened or is not a regular file.
 */
export async function openFileSource(path: string): Promise<ByteSource> {
  let handle: FileHandle
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    throw new SourceReadError(path, 'it cannot be opened', cause)
  }
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new SourceReadError(path, 'it is not a regular file')
    return new FileSource(path, stat.size, handle)
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

class FileSource implements ByteSource {
  readonly label: string
  readonly sizeBytes: number
  readonly #handle: FileHandle
  #isClosed = false

  constructor(path: string, sizeBytes: number, handle: FileHandle) {
    this.label = path
    this.sizeBytes = sizeBytes
    this.#handle = handle
  }

  async read(
    offset: number,
    length: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    checkRange(this, offset, length)
    if (this.#isClosed) throw new SourceReadError(this.label, 'it was closed')
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      if (options.signal?.aborted === true)
        throw new AbortedError(`reading ${this.label}`, options.signal.reason)
      const count = await this.#readSome(bytes, done, offset + done)
      if (count === 0)
        throw new SourceReadError(
          this.label,
          `it ends at byte ${offset + done} although it had ${this.sizeBytes} bytes when it was opened`,
        )
      done += count
    }
    return bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }

  async #readSome(bytes: Uint8Array, at: number, position: number): Promise<number> {
    const count = Math.min(bytes.length - at, CALL_BYTES_MAX)
    try {
      const { bytesRead } = await this.#handle.read(bytes, at, count, position)
      return bytesRead
    } catch (cause) {
      throw new SourceReadError(
        this.label,
        `bytes ${position} to ${position + count - 1} cannot be read`,
        cause,
      )
    }
  }
}
