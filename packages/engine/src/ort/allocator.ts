import { systemLibrary } from './system-library.ts'

/** Parameters of glibc's `mallopt` (malloc.h). */
const M_TRIM_THRESHOLD = -1
const M_MMAP_THRESHOLD = -3
const M_ARENA_MAX = -8

/** While weights are repacked: blocks from this size on are given back to the system as soon as they are freed. */
const MAP_BYTES_LOADING = 256 * 1024
/** Else: buffers of a run stay in the heap from run to run, which saves the faults of fresh pages. */
const MAP_BYTES_RUNNING = 32 * 1024 ** 2
const TRIM_BYTES = 64 * 1024 ** 2
/** Heaps of the C library: each keeps free memory for itself, and few threads here allocate at the same time. */
const ARENAS_MAX = 2

let setOption: ((parameter: number, value: number) => number) | 'none' | undefined
let loading = 0

/**
 * Tells the C library's allocator that weights are being repacked, until the returned function is called.
 *
 * Repacking frees blocks of many megabytes; left to itself, glibc keeps them in its heap for later, and a process that
 * loaded a second graph over the same weights held another tenth of them for nothing. Other platforms need nothing.
 */
export function beginLoading(): () => void {
  loading++
  apply()
  return () => {
    loading--
    apply()
  }
}

function apply(): void {
  setOption ??= openOption() ?? 'none'
  if (setOption === 'none') return
  setOption(M_MMAP_THRESHOLD, loading > 0 ? MAP_BYTES_LOADING : MAP_BYTES_RUNNING)
  setOption(M_TRIM_THRESHOLD, TRIM_BYTES)
  setOption(M_ARENA_MAX, ARENAS_MAX)
}

function openOption(): ((parameter: number, value: number) => number) | undefined {
  if (process.platform !== 'linux') return undefined
  return systemLibrary()?.func('int mallopt(int parameter, int value)')
}
