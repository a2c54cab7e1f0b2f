import { ManualClock, SeededRandom, silentLog, systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import type { Transport } from '@shardline/wire'
import type { AnswerTracer, DriverInit, GenerateRequest, Pipeline } from '../../src/index.ts'
import { formPipeline } from '../../src/index.ts'
import { LoopbackTransport } from './loopback-transport.ts'
import type { StageDoubleInit } from './stage-double.ts'
import { StageDouble } from './stage-double.ts'
import { toyConfig, toyEmbeddings, toyTokenizer } from './toy-model.ts'

/** Options of {@link startToyCluster}. */
export interface ToyClusterInit {
  readonly workers?: number
  readonly layerCount?: number
  /** Behaviour of worker i, counted from 0. */
  readonly worker?: (index: number) => Partial<StageDoubleInit>
  readonly validator?: Partial<StageDoubleInit>
  readonly driver?: Partial<DriverInit>
  readonly clock?: Clock
  readonly failEmbeddingOf?: number
  readonly tracer?: AnswerTracer
  readonly transport?: Transport
  /** Address of stage i; the last is the validator's. */
  readonly address?: (index: number) => string
}

/** Toy stages that listen, not formed yet. */
export interface ToyStages extends AsyncDisposable {
  readonly transport: Transport
  readonly loopback: LoopbackTransport
  readonly workers: readonly StageDouble[]
  readonly validator: StageDouble
  readonly layerCount: number
  form(init?: Partial<DriverInit>): Promise<Pipeline>
  /** What any stage complains about. */
  complaints(): readonly string[]
}

/** A formed toy pipeline. */
export interface ToyCluster extends ToyStages {
  readonly pipeline: Pipeline
}

export async function startToyStages(init: ToyClusterInit = {}): Promise<ToyStages> {
  const loopback = new LoopbackTransport()
  const transport = init.transport ?? loopback
  const layerCount = init.layerCount ?? 6
  const address = init.address ?? ((index: number) => `memory:${index}`)
  const count = init.workers ?? 2
  const workers: StageDouble[] = []
  for (let index = 0; index < count; index++) {
    const place = { address: address(index), role: 'worker' as const, layerCount, node: `w${index + 1}` }
    workers.push(await new StageDouble(transport, { ...place, ...init.worker?.(index) }).start())
  }
  const last = { address: address(count), role: 'validator' as const, layerCount, node: 'v' }
  const validator = await new StageDouble(transport, { ...last, ...init.validator }).start()
  const checkpoint = {
    config: toyConfig(layerCount),
    digest: 'toy-digest',
    embeddings: toyEmbeddings({ failFor: init.failEmbeddingOf ?? -1 }),
    tokenizer: toyTokenizer,
  }
  const clock = init.clock ?? systemClock
  const form = (more: Partial<DriverInit> = {}): Promise<Pipeline> =>
    formPipeline(
      { transport, clock, random: new SeededRandom(1), log: silentLog, checkpoint, tracer: init.tracer },
      {
        workers: workers.map((worker) => worker.address),
        validator: validator.address,
        model: 'toy',
        precision: 'f32',
        ...init.driver,
        ...more,
        // A rehearsal sends frames, which most tests count.
        limits: { measureMsMax: 0, ...init.driver?.limits, ...more.limits },
      },
    )
  const stop = async (): Promise<void> => {
    for (const stage of [...workers, validator]) await stage.stop()
  }
  const complaints = (): readonly string[] => [...workers, validator].flatMap((stage) => stage.complaints)
  return {
    transport,
    loopback,
    workers,
    validator,
    layerCount,
    form,
    complaints,
    [Symbol.asyncDispose]: stop,
  }
}

export async function startToyCluster(init: ToyClusterInit = {}): Promise<ToyCluster> {
  const stages = await startToyStages(init)
  const pipeline = await whileAdvancing(init.clock, stages.form())
  const stop = async (): Promise<void> => {
    await pipeline[Symbol.asyncDispose]()
    await stages[Symbol.asyncDispose]()
  }
  return { ...stages, pipeline, [Symbol.asyncDispose]: stop }
}

/** Lets a clock that only tests move go on until something is done. */
async function whileAdvancing<T>(clock: Clock | undefined, work: Promise<T>): Promise<T> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  for (; clock instanceof ManualClock && !isDone; clock.advance(1)) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  return done
}

/** A request with everything set. */
export function toyRequest(
  promptTokenIds: readonly number[],
  more: Partial<GenerateRequest> = {},
): GenerateRequest {
  return {
    promptTokenIds,
    maxTokens: 8,
    sampling: {
      temperature: 0,
      topK: 0,
      topP: 1,
      minP: 0,
      repetitionPenalty: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      logitBias: [],
      seed: 0,
      topLogprobs: 0,
      stopTokenIds: [],
      grammar: null,
    },
    stopStrings: [],
    isDigestWanted: false,
    signal: undefined,
    ...more,
  }
}

/** Seed of this run, from the environment or drawn. */
export function testSeed(): number {
  const given = process.env['SEED']
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
}
