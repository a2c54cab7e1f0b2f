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

let calls: AllocatorCalls | 'none' | undefined
let loading = 0

/** What glibc's allocator can be told. */
interface AllocatorCalls {
  readonly setOption: (parameter: number, value: number) => number
  readonly trim: (keepBytes: number) => number
}

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
    if (loading === 0) giveBackFreeMemory()
    apply()
  }
}

/** Gives the free memory of the C library's heaps back to the system, after work whose like doesn't come again soon. */
export function giveBackFreeMemory(): void {
  const allocator = allocatorCalls()
  if (allocator !== 'none') allocator.trim(0)
}

function apply(): void {
  const allocator = allocatorCalls()
  if (allocator === 'none') return
  allocator.setOption(M_MMAP_THRESHOLD, loading > 0 ? MAP_BYTES_LOADING : MAP_BYTES_RUNNING)
  allocator.setOption(M_TRIM_THRESHOLD, TRIM_BYTES)
  allocator.setOption(M_ARENA_MAX, ARENAS_MAX)
}

function allocatorCalls(): AllocatorCalls | 'none' {
  calls ??= openCalls() ?? 'none'
  return calls
}

/** Undefined where the C library isn't glibc: others have neither or need neither. */
function openCalls(): AllocatorCalls | undefined {
  const library = process.platform === 'linux' ? systemLibrary() : undefined
  if (library === undefined) return undefined
  return {
    setOption: library.func('int mallopt(int parameter, int value)'),
    trim: library.func('int malloc_trim(size_t pad)'),
  }
}
