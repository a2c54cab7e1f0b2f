/**
 * What every package stands on: errors with codes, time and randomness as values, lifecycle, bounded queues, ids, logging, Merkle trees.
 *
 * ```ts
 * import { Mailbox, SeededRandom, systemClock, fromUnknown } from '@shardline/core'
 *
 * const inbox = new Mailbox<string>({ entriesMax: 100 })
 * inbox.put('a')
 * const [first] = await inbox.takeAll()
 * const random = new SeededRandom(42)
 * console.log(first, random.float(), systemClock.monotonic())
 * ```
 */
export * from './bounded-queue.ts'
export * from './clock.ts'
export * from './errors.ts'
export * from './ids.ts'
export * from './layer-range.ts'
export * from './lifecycle.ts'
export * from './limits.ts'
export * from './log.ts'
export * from './mailbox.ts'
export * from './merkle/audit-path.ts'
export * from './merkle/hash.ts'
export * from './merkle/leaf-range.ts'
export * from './merkle/verify-proof.ts'
export * from './random.ts'
export * from './read-json.ts'
export * from './token-buckets.ts'
