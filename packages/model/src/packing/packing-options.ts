import type { Precision } from '../packed-shard.ts'

/**
 * Elements of a block where weights are quantized here, by bits. Blocks that a file has already keep their size.
 * At 8 bit, blocks of 64 are as accurate as blocks of 32, smaller, and faster; at 4 bit they are not. Figures: docs/internals/engine.md.
 */
export const BLOCK_SIZE: Readonly<Record<4 | 8, number>> = { 4: 32, 8: 64 }

/** Counts changes of how weights are packed: files of another version are packed again. */
export const PACKING_VERSION = 2

/** How weights are packed, beside the precision. For measurements; the defaults are what was found best. */
export interface PackingOptions {
  /** Elements of a 4-bit block that is quantized here: 16, 32, 64, 128 or 256. @default BLOCK_SIZE[4] */
  readonly blockSize4?: number
  /** Elements of an 8-bit block that is quantized here. @default BLOCK_SIZE[8] */
  readonly blockSize8?: number
  /** Whether 4-bit formats with a minimum (Q4_1, Q4_K) are quantized anew or split into 4-bit blocks and offsets, which is exact. @default 'split' */
  readonly minimums?: 'requantize' | 'split'
}

/** Everything that decides how a tensor is packed. */
export interface PackingRules {
  readonly precision: Precision
  readonly blockSize4: number
  readonly blockSize8: number
  readonly minimums: 'requantize' | 'split'
}

/** Fills in the defaults. */
export function resolvePackingRules(precision: Precision, options: PackingOptions = {}): PackingRules {
  return {
    precision,
    blockSize4: options.blockSize4 ?? BLOCK_SIZE[4],
    blockSize8: options.blockSize8 ?? BLOCK_SIZE[8],
    minimums: options.minimums ?? 'split',
  }
}
