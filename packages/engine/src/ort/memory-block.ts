import koffi from 'koffi'
import { MemoryUnavailableError, TensorMismatchError } from '../errors.ts'
import { NativeResource } from './native-resource.ts'
import type { Pointer } from './pointer.ts'
import { isMapped, MAP_PRIVATE, PROT_READ_WRITE, systemMemory } from './system-memory.ts'

/** The flag for memory without a file differs by system. */
const MAP_ANONYMOUS: Readonly<Record<string, number>> = { linux: 0x20, darwin: 0x1000 }

/**
 * Zeroed memory at a fixed address. It is given back to the system as soon as it is disposed and the last tensor over it
 * is freed, not when the collector comes by: KV caches are large and come and go. Pages cost nothing until they are touched.
 */
export class MemoryBlock implements Disposable {
  readonly byteLength: number
  /** Its address; tensors over the block borrow it. */
  readonly native: NativeResource
  readonly #view: () => ArrayBuffer
  #buffer: ArrayBuffer | undefined

  /** @throws MemoryUnavailableError if the system gives no such memory. */
  constructor(byteLength: number) {
    this.byteLength = byteLength
    const memory = mapMemory(byteLength) ?? collectedMemory(byteLength)
    this.#view = memory.view
    this.native = new NativeResource('a memory block', memory.address, memory.release)
  }

  /**
   * The memory, for use at once: it is gone with the block. V8 counts what has been seen so as its own until it collects
   * garbage, and does so each time that another 64 MiB have been: so nobody looks at caches.
   *
   * @throws DisposedError.
   */
  get buffer(): ArrayBuffer {
    this.native.assertAlive()
    return (this.#buffer ??= this.#view())
  }

  /**
   * Copies `bytes` from `source` at offset `from` to offset `to` of this block.
   *
   * @throws DisposedError; TensorMismatchError if one of them isn't that long.
   */
  copy(
    source: MemoryBlock,
    range: { readonly from: number; readonly to: number; readonly bytes: number },
  ): void {
    const { from, to, bytes } = range
    if (Math.min(from, to, bytes) < 0 || from + bytes > source.byteLength || to + bytes > this.byteLength)
      throw new TensorMismatchError(`${bytes} bytes from ${from} to ${to} lie outside of the blocks`)
    const memory = systemMemory()
    if (memory !== undefined) {
      memory.move(this.native.pointer + BigInt(to), source.native.pointer + BigInt(from), bytes)
      return
    }
    new Uint8Array(this.buffer, to, bytes).set(new Uint8Array(source.buffer, from, bytes))
  }

  [Symbol.dispose](): void {
    this.native.dispose()
  }
}

interface Memory {
  readonly address: Pointer
  readonly view: () => ArrayBuffer
  readonly release: () => void
}

/** Maps memory where the system can (Linux, macOS). */
function mapMemory(byteLength: number): Memory | undefined {
  const flag = MAP_ANONYMOUS[process.platform]
  const memory = flag === undefined ? undefined : systemMemory()
  if (flag === undefined || memory === undefined) return undefined
  const address = memory.map(null, byteLength, PROT_READ_WRITE, MAP_PRIVATE | flag, -1, 0)
  if (!isMapped(address)) throw new MemoryUnavailableError(byteLength)
  return {
    address,
    view: () => koffi.view(address, byteLength),
    release: () => void memory.unmap(address, byteLength),
  }
}

/** Memory of the collector, which the block keeps until it is released. */
function collectedMemory(byteLength: number): Memory {
  let buffer: ArrayBuffer | undefined = new ArrayBuffer(byteLength)
  const address = koffi.address(new Uint8Array(buffer))
  return {
    address,
    view: () => buffer ?? new ArrayBuffer(0),
    release: () => {
      buffer = undefined
    },
  }
}
