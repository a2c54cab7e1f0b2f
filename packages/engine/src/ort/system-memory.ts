import type { Pointer } from './pointer.ts'
import { systemLibrary } from './system-library.ts'

// Constants of mmap and madvise (sys/mman.h) that are the same on Linux and macOS.

/** Protection: pages may be read. */
export const PROT_READ = 1

/** Protection: pages may be read and written. */
export const PROT_READ_WRITE = 3

/** Flag: writes stay in this process. */
export const MAP_PRIVATE = 2

/** Advice: the pages aren't needed now; a file's come back from it when touched. */
export const MADV_DONTNEED = 4

const MAP_FAILED = 0xffffffffffffffffn

/** What of the C library works on memory. */
export interface SystemMemory {
  readonly map: (
    at: null,
    bytes: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => Pointer | null
  readonly unmap: (at: Pointer, bytes: number) => number
  readonly advise: (at: Pointer, bytes: number, advice: number) => number
  /** Copies bytes. */
  readonly move: (to: Pointer, from: Pointer, bytes: number) => unknown
}

let opened: SystemMemory | undefined

/** Memory mapping where the system has it in this form (Linux, macOS), else undefined. */
export function systemMemory(): SystemMemory | undefined {
  const library = systemLibrary()
  if (library === undefined) return undefined
  opened ??= {
    map: library.func(
      'void* mmap(void* at, size_t bytes, int protection, int flags, int fd, int64_t offset)',
    ),
    unmap: library.func('int munmap(void* at, size_t bytes)'),
    advise: library.func('int madvise(void* at, size_t bytes, int advice)'),
    move: library.func('void* memmove(void* to, void* from, size_t bytes)'),
  }
  return opened
}

/** Whether `map` gave an address. */
export function isMapped(address: Pointer | null): address is Pointer {
  return address !== null && address !== MAP_FAILED
}
