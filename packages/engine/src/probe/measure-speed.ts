import type { Clock, Milliseconds } from '@shardline/core'
import type { EngineOptions } from '../engine-init.ts'
import { resolveEngineOptions } from '../engine-options.ts'
import type { ProbeInit } from './probe-model.ts'
import { startProbe } from './run-probe.ts'

/** What a machine can do: milliseconds for a billion multiply-adds of 4-bit projections, and what comes on top. Smaller is faster. */
export interface EngineSpeed {
  /** With one row: bound by memory. */
  readonly decodeMs: Milliseconds
  /** With 64 rows: bound by arithmetic. */
  readonly prefillMs: Milliseconds
  /** One row through a layer that is next to nothing wide: what its many small operators take by themselves. In milliseconds. */
  readonly layerMs: Milliseconds
  /** What a run takes however few layers it has, in milliseconds. */
  readonly runMs: Milliseconds
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

/** Layers so narrow that their projections take no time: only the number of operators counts. */
const NARROW: ProbeInit = {
  hiddenSize: 64,
  feedForwardSize: 64,
  headCount: 2,
  kvHeadCount: 1,
  headSize: 32,
  positions: 16,
  format: { bits: 4, blockSize: 32 },
  seed: 2,
}

const NARROW_LAYERS = 9
const PREFILL_ROWS = 64
const ROUNDS = 7
const NARROW_ROUNDS = 41

/**
 * Measures by running one layer of a 1B-class model, and a few very narrow ones: medians over several rounds.
 * Takes about a second.
 */
export async function measureSpeed(clock: Clock, options: EngineOptions = {}): Promise<EngineSpeed> {
  const resolved = resolveEngineOptions(options)
  const runMsOf = async (
    init: ProbeInit,
    rows: readonly number[],
    rounds: number,
  ): Promise<Milliseconds[]> => {
    using probe = await startProbe(init, resolved)
    const medians: Milliseconds[] = []
    for (const count of rows) {
      const hidden = new Float32Array(count * init.hiddenSize).fill(0.5)
      const times: Milliseconds[] = []
      for (let round = 0; round < rounds; round++) {
        const start = clock.monotonic()
        await probe.run(hidden, 0)
        times.push(clock.monotonic() - start)
      }
      medians.push(median(times))
    }
    return medians
  }
  const [prefill = 0, decode = 0] = await runMsOf(PROBE, [PREFILL_ROWS, 1], ROUNDS)
  const [one = 0] = await runMsOf(NARROW, [1], NARROW_ROUNDS)
  const [many = 0] = await runMsOf({ ...NARROW, layerCount: NARROW_LAYERS }, [1], NARROW_ROUNDS)
  const layerMs = Math.max(0, many - one) / (NARROW_LAYERS - 1)
  // The wide layer's own fixed cost is within the noise of its time.
  const perBillion = 1e9 / multiplyAddsPerRow()
  return {
    decodeMs: decode * perBillion,
    prefillMs: (prefill / PREFILL_ROWS) * perBillion,
    layerMs,
    runMs: Math.max(0, one - layerMs),
  }
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
