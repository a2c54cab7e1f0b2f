export * from './grammar/grammar-limits.ts'
export * from './sampler/sampler-limits.ts'

/** Bytes that the KV caches of all sessions of one stage hold together at the most, unless set otherwise. */
export const KV_CACHE_BYTES_MAX: number = 4 * 1024 ** 3

/** Tokens by which a session's KV cache grows at the least; it doubles from there on. */
export const KV_CACHE_STEP_TOKENS_MIN = 128

/** Sessions that one ragged run takes at the most: the widest graph that is built. A wider batch is run in several. */
export const BRANCHES_MAX = 8

/** Threads of one run at the most. */
export const THREADS_MAX = 256
