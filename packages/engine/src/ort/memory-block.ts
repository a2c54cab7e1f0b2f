import koffi from 'koffi'
import { MemoryUnavailableError } from '../errors.ts'
import { NativeResource } from './native-resource.ts'
import type { Pointer } from './pointer.ts'
import { systemLibrary } from './system-library.ts'

const PROT_READ_WRITE = 3
const MAP_PRIVATE = 2
/** The flag for memory without a file differs by system. */
const MAP_ANONYMOUS: Readonly<Record<string, number>> = { linux: 0x20, darwin: 0x1000 }
const MAP_FAILED = 0xffffffffffffffffn

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

  /** `count` floats from `offset` on, for use at once: they are gone with the block. @throws DisposedError. */
  floats(offset: number, count: number): Float32Array {
    this.native.assertAlive()
    return new Float32Array(this.#buffer, offset, count)
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
  const calls = flag === undefined ? undefined : systemCalls()
  if (flag === undefined || calls === undefined) return undefined
  const address = calls.map(null, byteLength, PROT_READ_WRITE, MAP_PRIVATE | flag, -1, 0)
  if (address === null || address === MAP_FAILED) throw new MemoryUnavailableError(byteLength)
  return {
    address,
    buffer: koffi.view(address, byteLength),
    unmap: () => void calls.unmap(address, byteLength),
  }
}

interface SystemCalls {
  readonly map: (
    at: null,
    bytes: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => Pointer | null
  readonly unmap: (at: Pointer, bytes: number) => number
}

let opened: SystemCalls | undefined

function systemCalls(): SystemCalls | undefined {
  const library = systemLibrary()
  if (library === undefined) return undefined
  opened ??= {
    map: library.func(
      'void* mmap(void* at, size_t bytes, int protection, int flags, int fd, int64_t offset)',
    ),
    unmap: library.func('int munmap(void* at, size_t bytes)'),
  }
  return opened
}
