import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import koffi from 'koffi'
import { FileMappingError } from '../errors.ts'
import type { Pointer } from './pointer.ts'
import { isMapped, MADV_DONTNEED, MAP_PRIVATE, PROT_READ, systemMemory } from './system-memory.ts'

const READ_BYTES_MAX = 1 << 30

/**
 * A file's bytes at a fixed native address, read-only.
 *
 * Mapped where the system can (Linux, macOS); read into memory elsewhere. Pages of a mapping belong to the file, so the
 * system can drop them at any time and get them back.
 */
export class MappedFile implements Disposable {
  readonly path: string
  readonly byteLength: number
  #address: Pointer
  /** The bytes, where the file is not mapped but read. */
  readonly #copy: ArrayBuffer | undefined
  #isMapped: boolean

  /** @throws FileMappingError if the file can't be opened or mapped. */
  constructor(path: string) {
    this.path = path
    const calls = systemMemory()
    let fd: number
    try {
      fd = openSync(path, 'r')
    } catch (cause) {
      throw new FileMappingError(path, { cause })
    }
    try {
      this.byteLength = fstatSync(fd).size
      if (this.byteLength === 0) throw new FileMappingError(path)
      if (calls === undefined) {
        this.#copy = readWhole(fd, this.byteLength)
        this.#address = koffi.address(new Uint8Array(this.#copy))
        this.#isMapped = false
        return
      }
      const address = calls.map(null, this.byteLength, PROT_READ, MAP_PRIVATE, fd, 0)
      if (!isMapped(address)) throw new FileMappingError(path)
      this.#address = address
      this.#isMapped = true
    } finally {
      closeSync(fd)
    }
  }

  /** Native address of the byte at `offset`. */
  addressOf(offset: number): Pointer {
    return this.#address + BigInt(offset)
  }

  /**
   * Lets the system take the mapping's pages out of this process's memory; they come back from the file when touched.
   * Safe at any time, also while another thread reads them.
   */
  dropPages(): void {
    if (!this.#isMapped) return
    systemMemory()?.advise(this.#address, this.byteLength, MADV_DONTNEED)
  }

  /** Unmaps. Only when no tensor over the file is left. */
  [Symbol.dispose](): void {
    if (!this.#isMapped) return
    this.#isMapped = false
    systemMemory()?.unmap(this.#address, this.byteLength)
  }
}

function readWhole(fd: number, byteLength: number): ArrayBuffer {
  const memory = new ArrayBuffer(Math.max(byteLength, 128))
  for (let at = 0; at < byteLength;) {
    const read = readSync(
      fd,
      new Uint8Array(memory, at, Math.min(byteLength - at, READ_BYTES_MAX)),
      0,
      Math.min(byteLength - at, READ_BYTES_MAX),
      at,
    )
    if (read === 0) break
    at += read
  }
  return memory
}
