import type { Clock, Milliseconds } from '@shardline/core'
import type { EngineOptions } from '../engine-init.ts'
import { resolveEngineOptions } from '../engine-options.ts'
import type { ProbeInit } from './probe-model.ts'
import { startProbe } from './run-probe.ts'

/** What a machine can do, in milliseconds for a billion multiply-adds of 4-bit projections; smaller is faster. */
export interface EngineSpeed {
  /** With one row: bound by memory. */
  readonly decodeMs: Milliseconds
  /** With 64 rows: bound by arithmetic. */
  readonly prefillMs: Milliseconds
}

/** One layer of a 1B-class model. */
const PROBE: ProbeInit = {
  hiddenSize: 2048,
  feedForwardSize: 8192,
  headCount: 32,
  kvHeadCount: 8,
  headSize: 64,
  positions: 256,
  format: { bits: 4, blockSize: 32 },
  seed: 1,
}

const PREFILL_ROWS = 64
const ROUNDS = 7

/** Measures by running one layer of a 1B-class model: the median of a few rounds. Takes about a second. */
export async function measureSpeed(clock: Clock, options: EngineOptions = {}): Promise<EngineSpeed> {
  using probe = await startProbe(PROBE, resolveEngineOptions(options))
  const measure = async (rows: number): Promise<Milliseconds> => {
    const hidden = new Float32Array(rows * PROBE.hiddenSize).fill(0.5)
    const times: Milliseconds[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const start = clock.monotonic()
      await probe.run(hidden, 0)
      times.push(clock.monotonic() - start)
    }
    return (median(times) * 1e9) / (rows * multiplyAddsPerRow())
  }
  const prefillMs = await measure(PREFILL_ROWS)
  return { decodeMs: await measure(1), prefillMs }
}

function multiplyAddsPerRow(): number {
  const { hiddenSize, feedForwardSize, headCount, kvHeadCount, headSize } = PROBE
  const qkv = (headCount + 2 * kvHeadCount) * headSize
  return hiddenSize * (qkv + headCount * headSize + 3 * feedForwardSize)
}

function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[Math.floor(ordered.length / 2)] ?? Number.NaN
}
