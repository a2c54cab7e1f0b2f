import koffi from 'koffi'
import { MemoryUnavailableError } from '../errors.ts'
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
  readonly #buffer: ArrayBuffer

  /** @throws MemoryUnavailableError if the system gives no such memory. */
  constructor(byteLength: number) {
    this.byteLength = byteLength
    const mapping = mapMemory(byteLength)
    this.#buffer = mapping?.buffer ?? new ArrayBuffer(byteLength)
    const address = mapping?.address ?? koffi.address(new Uint8Array(this.#buffer))
    // The release callback closes over the buffer, so that it outlives the tensors where it is the collector's.
    const buffer = this.#buffer
    this.native = new NativeResource('a memory block', address, () => {
      mapping?.unmap()
      void buffer
    })
  }

  /** The memory, for use at once: it is gone with the block. @throws DisposedError. */
  get buffer(): ArrayBuffer {
    this.native.assertAlive()
    return this.#buffer
  }

  /** `count` floats from `offset` on, for use at once: they are gone with the block. @throws DisposedError. */
  floats(offset: number, count: number): Float32Array {
    return new Float32Array(this.buffer, offset, count)
  }

  [Symbol.dispose](): void {
    this.native.dispose()
  }
}

interface Mapping {
  readonly address: Pointer
  readonly buffer: ArrayBuffer
  readonly unmap: () => void
}

/** Maps memory where the system can (Linux, macOS). */
function mapMemory(byteLength: number): Mapping | undefined {
  const flag = MAP_ANONYMOUS[process.platform]
  const memory = flag === undefined ? undefined : systemMemory()
  if (flag === undefined || memory === undefined) return undefined
  const address = memory.map(null, byteLength, PROT_READ_WRITE, MAP_PRIVATE | flag, -1, 0)
  if (!isMapped(address)) throw new MemoryUnavailableError(byteLength)
  return {
    address,
    buffer: koffi.view(address, byteLength),
    unmap: () => void memory.unmap(address, byteLength),
  }
}
