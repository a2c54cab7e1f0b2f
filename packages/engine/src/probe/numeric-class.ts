import { createHash } from 'node:crypto'
import { SeededRandom } from '@shardline/core'
import type { EngineOptions } from '../engine-init.ts'
import { resolveEngineOptions } from '../engine-options.ts'
import type { ProbeInit } from './probe-model.ts'
import { startProbe } from './run-probe.ts'

/** Raised when the probe itself changes, so that ids of different probes are never equal. */
const PROBE_VERSION = 1

const POSITIONS = 272

/** Shapes and formats that take different paths through the kernels: bit widths, block sizes, head sizes, odd widths. */
const PROBES: readonly ProbeInit[] = [
  shape({ hiddenSize: 256, headSize: 64, format: { bits: 4, blockSize: 32 }, seed: 1 }),
  shape({ hiddenSize: 192, headSize: 128, format: { bits: 8, blockSize: 32 }, seed: 2 }),
  shape({ hiddenSize: 256, headSize: 80, format: { bits: 8, blockSize: 64 }, seed: 3 }),
  shape({ hiddenSize: 128, headSize: 32, format: 'dense', seed: 4 }),
]

/** Rows of the runs that a probe's sequence is cut into: they end on both sides of 64, 128 and 256. */
const RUN_ROWS: readonly number[] = [1, 62, 1, 1, 60, 3, 1, 126, 2, 1]

/**
 * The numeric class of this machine: an id that is equal on two machines if their engines compute the same bits.
 *
 * It is a hash over the results of fixed probes that go through the same runtime, graph and kernels as models do.
 * Threads don't matter. Takes well below a second.
 */
export async function measureNumericClass(options: EngineOptions = {}): Promise<string> {
  const hash = createHash('sha256').update(`shardline probe ${PROBE_VERSION}`)
  for (const init of PROBES) {
    using probe = await startProbe(init, resolveEngineOptions(options))
    const random = new SeededRandom(init.seed)
    let position = 0
    for (const rows of RUN_ROWS) {
      const hidden = Float32Array.from({ length: rows * init.hiddenSize }, () => (random.float() - 0.5) * 4)
      const output = await probe.run(hidden, position)
      hash.update(new Uint8Array(output.buffer, output.byteOffset, output.byteLength))
      position += rows
    }
  }
  return `nc${PROBE_VERSION}-${hash.digest('hex').slice(0, 24)}`
}

function shape(init: Pick<ProbeInit, 'hiddenSize' | 'headSize' | 'format' | 'seed'>): ProbeInit {
  return { feedForwardSize: 320, headCount: 3, kvHeadCount: 1, positions: POSITIONS, ...init }
}
