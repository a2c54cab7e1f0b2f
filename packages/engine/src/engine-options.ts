import { availableParallelism } from 'node:os'
import type { EngineOptions } from './engine-init.ts'
import { EngineOptionError } from './errors.ts'
import { THREADS_MAX } from './limits.ts'
import type { SessionOptions } from './ort/session.ts'

/** Fills in the defaults of the options that every session takes. @throws EngineOptionError. */
export function resolveEngineOptions(options: EngineOptions): SessionOptions {
  const threads = options.threads ?? Math.min(availableParallelism(), THREADS_MAX)
  if (!Number.isInteger(threads) || threads < 1 || threads > THREADS_MAX) {
    throw new EngineOptionError(`threads is ${threads}; it takes a whole number from 1 to ${THREADS_MAX}`)
  }
  return { threads, isSpinning: options.isSpinning ?? true }
}
