import { createSession } from '../create-session.ts'
import { KvCache, KvCacheBudget } from '../kv-cache.ts'
import { giveBackFreeMemory } from '../ort/allocator.ts'
import type { SessionOptions } from '../ort/session.ts'
import { RaggedRunner } from '../ragged-runner.ts'
import { buildProbeModel } from './probe-model.ts'
import type { ProbeInit } from './probe-model.ts'

/** A probe that is ready: pushes rows of one sequence through its layers. */
export interface RunningProbe extends Disposable {
  readonly hiddenSize: number
  /** Runs the next rows `[rows, hidden]` of the sequence from `position` on. */
  run(hidden: Float32Array, position: number): Promise<Float32Array>
}

/** Builds and loads a probe. */
export async function startProbe(init: ProbeInit, options: SessionOptions): Promise<RunningProbe> {
  const { config, graph, weights } = buildProbeModel(init)
  const session = await createSession(graph, weights, { ...options, hasOwnBuffers: true })
  const budget = new KvCacheBudget(Number.MAX_SAFE_INTEGER)
  const cache = new KvCache({ config, layerCount: config.layerCount, budget }, init.positions)
  const layers = { first: 0, count: config.layerCount }
  const runner = new RaggedRunner({
    session,
    branches: 1,
    hiddenSize: init.hiddenSize,
    layers,
    idleCache: cache,
  })
  return {
    hiddenSize: init.hiddenSize,
    run: (hidden, position) =>
      runner.run([{ cache, position, rows: hidden.length / init.hiddenSize }], hidden),
    [Symbol.dispose]: () => {
      runner.dispose()
      cache[Symbol.dispose]()
      weights[Symbol.dispose]()
      giveBackFreeMemory()
    },
  }
}
