import { resolveSampling } from '@shardline/engine'
import type { PartyId } from '@shardline/identity'
import type { Pipeline } from '../driver-types.ts'
import type { PipelineHost } from './pipeline-host.ts'
import { marketModelOf } from './served-model.ts'
import type { ServedModel } from './served-model.ts'
import { PROBE_TOKENS } from './service-limits.ts'

/** What a service can do for one model. */
export interface ServedCapacity {
  /** As the market names it. */
  readonly model: string
  /** Shown by its answers; before there are enough, by one of its own. */
  readonly tokensPerSecond: number
  /** Of its stages. */
  readonly numericClass: string
  readonly workers: readonly PartyId[]
}

/** Looks at what pipelines can do. A new pipeline is asked for a short answer once. */
export class Capacities {
  readonly #hosts: readonly PipelineHost[]
  readonly #probed = new WeakMap<Pipeline, Promise<number>>()

  constructor(hosts: readonly PipelineHost[]) {
    this.#hosts = hosts
  }

  /** Of each model whose pipeline works now. Never rejects. */
  async read(): Promise<readonly ServedCapacity[]> {
    const all = await Promise.all(this.#hosts.map((host) => this.#readOne(host)))
    return all.flatMap((capacity) => (capacity === undefined ? [] : [capacity]))
  }

  async #readOne({ model, latest, throughput }: PipelineHost): Promise<ServedCapacity | undefined> {
    if (latest === undefined || latest.over.aborted) return undefined
    const probed = await this.#probe(latest, model)
    const tokensPerSecond = Math.max(probed, throughput.tokensPerSecond ?? 0)
    const stages = latest.stages.filter(({ role }) => role !== 'driver')
    const numericClass = stages[0]?.numericClass
    if (numericClass === undefined || latest.over.aborted) return undefined
    const workers = stages.flatMap(({ role, party }) =>
      role === 'worker' && party !== undefined ? [party] : [],
    )
    return { model: marketModelOf(model), tokensPerSecond, numericClass, workers }
  }

  #probe(pipeline: Pipeline, model: ServedModel): Promise<number> {
    const known = this.#probed.get(pipeline)
    if (known !== undefined) return known
    const probing = probe(pipeline, model).catch(() => {
      // It was busy or broke; the next look tries again.
      this.#probed.delete(pipeline)
      return 0
    })
    this.#probed.set(pipeline, probing)
    return probing
  }
}

async function probe(pipeline: Pipeline, { vocabularySize, contextLength }: ServedModel): Promise<number> {
  const { result } = pipeline.generate({
    promptTokenIds: [0],
    maxTokens: Math.min(PROBE_TOKENS, contextLength - 1),
    sampling: resolveSampling({ seed: 0, temperature: 0 }, { vocabularySize, defaults: {} }),
    stopStrings: [],
    isDigestWanted: false,
    signal: undefined,
  })
  return (await result).timings.decodeTokensPerSecond
}
