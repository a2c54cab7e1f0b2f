import { systemClock } from '@shardline/core'
import type { SharedFile } from '../../src/source/shared-file.ts'
import type { WeightPeer } from '../../src/source/weight-peer.ts'

/** A peer that gives a file that lies on this machine's disk, with a pause before each block. */
export function slowFilePeer(file: SharedFile, pauseMs: number): WeightPeer & { readonly blocks: number[] } {
  const blocks: number[] = []
  return {
    label: 'file',
    blocks,
    read: async ({ part, offset, length }, { signal }) => {
      if (part === 'blocks') return file.hashes.subarray(offset, offset + length)
      blocks.push(offset / length)
      await systemClock.sleep(pauseMs, { signal })
      return (await file.read(offset, length)) ?? new Uint8Array(0)
    },
    close: async () => undefined,
  }
}
