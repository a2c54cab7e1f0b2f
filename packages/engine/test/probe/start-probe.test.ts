import { systemClock } from '@shardline/core'
import t from 'tap'
import { resolveEngineOptions } from '../../src/engine-options.ts'
import { measureSpeed } from '../../src/index.ts'
import type { ProbeInit } from '../../src/probe/probe-model.ts'
import { startProbe } from '../../src/probe/run-probe.ts'

const NARROW: ProbeInit = {
  hiddenSize: 64,
  feedForwardSize: 64,
  headCount: 2,
  kvHeadCount: 1,
  headSize: 32,
  positions: 8,
  format: { bits: 4, blockSize: 32 },
  seed: 5,
}

t.test('a probe has the first layers of a deeper one, and more of them change the result', async (t) => {
  const options = resolveEngineOptions({ threads: 1 })
  const hidden = new Float32Array(NARROW.hiddenSize).fill(0.5)
  const run = async (layerCount?: number): Promise<readonly number[]> => {
    using probe = await startProbe(
      { ...NARROW, ...(layerCount === undefined ? {} : { layerCount }) },
      options,
    )
    return [...(await probe.run(hidden, 0))]
  }
  const one = await run()
  t.same(await run(1), one)
  t.notSame(await run(3), one)
  t.ok((await run(3)).every((value) => Number.isFinite(value)))
})

t.test('measures what rows, layers and runs take', async (t) => {
  const speed = await measureSpeed(systemClock, { threads: 1 })
  t.ok(speed.decodeMs > 0 && speed.prefillMs > 0)
  t.ok(speed.layerMs >= 0 && speed.runMs >= 0)
  t.ok(Object.values(speed).every((ms) => Number.isFinite(ms)))
})
