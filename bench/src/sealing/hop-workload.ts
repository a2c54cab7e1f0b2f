/** What goes through a hop: frames of one shape. */
export interface HopWorkload {
  /** Such as `decode, 8 rows`. */
  readonly name: string
  /** Sessions with rows in each frame. */
  readonly sessions: number
  /** Rows of each of them in a frame, one after the other. */
  readonly rows: number
  /** Frames of one measurement. */
  readonly frames: number
  /** Frames that a session gets before another takes its place. */
  readonly framesPerSession: number
}

/** How frames follow each other: each waits for the one before to come out, or the next one always waits at the stage. */
export type HopFlow = 'one by one' | 'saturated'

/** Rows of a prompt's chunk; what the driver sends. */
const CHUNK_ROWS = 128

/** Longest session of a hop, in tokens. */
export const HOP_CONTEXT_TOKENS = 512

/**
 * One stream's decode, that of eight, and a prompt in chunks. Measurements are short, so that the two of a pair see the same
 * machine, and there are many pairs.
 */
export function hopWorkloads(isQuick: boolean): readonly HopWorkload[] {
  const decodeFrames = isQuick ? 8 : 64
  return [
    { name: 'decode, 1 row', sessions: 1, rows: 1, frames: decodeFrames, framesPerSession: decodeFrames },
    { name: 'decode, 8 rows', sessions: 8, rows: 1, frames: decodeFrames, framesPerSession: decodeFrames },
    {
      name: `prefill, ${CHUNK_ROWS} rows`,
      sessions: 1,
      rows: CHUNK_ROWS,
      frames: isQuick ? 2 : 4,
      framesPerSession: HOP_CONTEXT_TOKENS / CHUNK_ROWS,
    },
  ]
}

/** Rows of a frame. */
export function rowsOf({ sessions, rows }: HopWorkload): number {
  return sessions * rows
}
