import type { Precision } from '../packed-shard.ts'

/** Elements of a block where weights are quantized here, by bits. Blocks that a file has already keep their size. */
export const BLOCK_SIZE: Readonly<Record<4 | 8, number>> = { 4: 32, 8: 32 }

/** Counts changes of how weights are packed: files of another version are packed again. */
export const PACKING_VERSION = 1

/** How weights are packed, beside the precision. For measurements; the defaults are what was found best. */
export interface PackingOptions {
  /** Elements of a 4-bit block that is quantized here: 16, 32, 64, 128 or 256. @default BLOCK_SIZE[4] */
  readonly blockSize4?: number
  /** Elements of an 8-bit block that is quantized here. @default BLOCK_SIZE[8] */
  readonly blockSize8?: number
  /** Whether Q4_1 is quantized anew or split into 4-bit blocks and offsets, which is exact. @default 'requantize' */
  readonly q41?: 'requantize' | 'split'
}

/** Everything that decides how a tensor is packed. */
export interface PackingRules {
  readonly precision: Precision
  readonly blockSize4: number
  readonly blockSize8: number
  readonly q41: 'requantize' | 'split'
}

/** Fills in the defaults. */
export function resolvePackingRules(precision: Precision, options: PackingOptions = {}): PackingRules {
  return {
    precision,
    blockSize4: options.blockSize4 ?? BLOCK_SIZE[4],
    blockSize8: options.blockSize8 ?? BLOCK_SIZE[8],
    q41: options.q41 ?? 'requantize',
  }
}
