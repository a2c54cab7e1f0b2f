import { systemClock } from '@shardline/core'
import type { SharedFile } from '../../src/source/shared-file.ts'
import type { WeightPeer } from '../../src/source/weight-peer.ts'

/** A wait that whoever waits doesn't live to see. */
const FOREVER_MS = 3_600_000

/** Options of {@link slowFilePeer}. */
export interface SlowFilePeerInit {
  /** Before each block. */
  readonly pauseMs: number
  /** After so many blocks it gives nothing more. @default none */
  readonly blocksMax?: number
}

/** A peer that gives a file that lies on this machine's disk. */
export function slowFilePeer(
  file: SharedFile,
  { pauseMs, blocksMax = Number.POSITIVE_INFINITY }: SlowFilePeerInit,
): WeightPeer & { readonly blocks: number[] } {
  const blocks: number[] = []
  return {
    label: 'file',
    blocks,
    read: async ({ part, offset, length }, { signal }) => {
      if (part === 'blocks') return file.hashes.subarray(offset, offset + length)
      await systemClock.sleep(blocks.length < blocksMax ? pauseMs : FOREVER_MS, { signal })
      blocks.push(offset / length)
      return (await file.read(offset, length)) ?? new Uint8Array(0)
    },
    close: async () => undefined,
  }
}
