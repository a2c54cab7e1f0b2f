import { SeededRandom, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { AnswerSource, ConnectInit, DriverTarget } from '@shardline/client'
import { connectDriver } from '@shardline/client'
import type { AnswerService, Pipeline, ServedModel, ServiceLimits } from '@shardline/driver'
import { formPipeline, serveAnswers } from '@shardline/driver'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import { localMachine } from '@shardline/node'
import { engineHeads, Validator } from '@shardline/validator'
import type { Link, PeerRole, Transport, WireLimits } from '@shardline/wire'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import { engineModels, Worker } from '@shardline/worker'
import { storyteller } from './test-models.ts'

const components = { clock: systemClock, log: silentLog }

/** Options of {@link startAskedCluster}. */
export interface AskedClusterInit {
  readonly cacheFolder: string
  /** @default 2 */
  readonly workers?: number
  readonly limits?: ServiceLimits
  /** Of the driver's side of the clients' links. */
  readonly wireLimits?: Partial<WireLimits>
  /** Where clients reach the driver, and by what. @default `memory:service`, as all else */
  readonly door?: { readonly listen: string; readonly transport: (driver: Identity) => Transport }
  /** Puts something between the service and its pipeline: how a driver lies. */
  readonly disguise?: (pipeline: Pipeline) => Pipeline
}

/** Someone who asks. */
export interface AskedUser {
  readonly identity: Identity
  readonly transport: Transport
}

/** A service of the bundled model over real stages with secured links, all in this process. */
export interface AskedCluster extends AsyncDisposable {
  readonly service: AnswerService
  readonly driver: Identity
  /** Whom to ask, and whose signatures to expect. */
  readonly target: DriverTarget
  readonly workers: readonly Worker[]
  readonly validator: Validator
  /** A user, or a peer of another role. */
  user(role?: PeerRole): Promise<AskedUser>
  connect(user?: AskedUser, more?: Partial<ConnectInit>): Promise<AnswerSource>
  /** A bare link of a user, which got the offer. */
  dial(user?: AskedUser): Promise<Link>
  /** Sessions that hold a cache, by stage. */
  sessionsOpen(): readonly number[]
  /** Starts worker 1 anew after it was stopped. */
  reviveWorker(): Promise<void>
}

export async function startAskedCluster(init: AskedClusterInit): Promise<AskedCluster> {
  const network = new MemoryNetwork(components)
  const identityOf = (): Promise<Identity> => createIdentity(systemRandom)
  const transportOf = (
    role: PeerRole,
    identity: Identity,
    limits: Partial<WireLimits> = {},
  ): MemoryTransport =>
    new MemoryTransport(
      { ...components, network },
      { self: { node: role, role, software: 'test' }, security: { identity }, limits },
    )
  const { cacheFolder } = init
  const options = { checkpoints: { cacheFolder }, threads: 1, isSpinning: false }
  const machine = localMachine(components, { threads: 1, isSpinning: false })
  const startWorker = async (index: number): Promise<Worker> => {
    const node = `w${index + 1}`
    const transport = transportOf('worker', await identityOf())
    const worker = new Worker(
      { ...components, transport, machine, models: engineModels(options) },
      { node, software: 'test', listen: `memory:${node}` },
    )
    await worker.start()
    return worker
  }
  const workers: Worker[] = []
  for (let index = 0; index < (init.workers ?? 2); index++) workers.push(await startWorker(index))
  const signer = await identityOf()
  const validator = new Validator(
    {
      ...components,
      transport: transportOf('validator', signer),
      machine,
      models: engineHeads(options),
      identity: signer,
    },
    { node: 'v', software: 'test', listen: 'memory:v' },
  )
  await validator.start()
  const checkpoint = await openCheckpoint(storyteller, { cacheFolder })
  const embeddings = await openEmbeddingTable(checkpoint)
  const tokenizer = await checkpoint.tokenizer()
  const { config, digest } = checkpoint
  const driver = await identityOf()
  const transport = transportOf('driver', driver)
  const model: ServedModel = {
    name: 'storyteller',
    digest,
    contextLength: config.contextLength,
    layerCount: config.layerCount,
    vocabularySize: config.vocabularySize,
    stopTokenIds: config.eosTokenIds,
    suggested: checkpoint.suggestedSampling,
    tokenizer,
    chatTemplate: checkpoint.chatTemplate(),
    form: async (previous, signal) => {
      const pipeline = await formPipeline(
        {
          ...components,
          transport,
          random: new SeededRandom(1),
          checkpoint: { config, digest, embeddings, tokenizer },
        },
        {
          workers: workers.map((_, index) => `memory:w${index + 1}`),
          validator: 'memory:v',
          model: storyteller,
          previous,
          signal,
          limits: { decodeFramesInFlightMax: 1 },
        },
      )
      return init.disguise?.(pipeline) ?? pipeline
    },
  }
  const service = await serveAnswers(
    {
      ...components,
      random: systemRandom,
      identity: driver,
      transport: init.door?.transport(driver) ?? transportOf('driver', driver, init.wireLimits),
    },
    {
      listen: init.door?.listen ?? 'memory:service',
      models: [model],
      ...(init.limits === undefined ? {} : { limits: init.limits }),
    },
  )
  const target: DriverTarget = {
    driver: driver.id,
    addresses: [service.address],
    validators: [signer.id],
  }
  const user = async (role: PeerRole = 'client'): Promise<AskedUser> => {
    const identity = await identityOf()
    return { identity, transport: transportOf(role, identity) }
  }
  const sources: AsyncDisposable[] = []
  const connect = async (who?: AskedUser, more: Partial<ConnectInit> = {}): Promise<AnswerSource> => {
    const own = { ...components, random: systemRandom, transport: (who ?? (await user())).transport }
    const source = await connectDriver(own, { ...target, ...more })
    sources.push(source)
    return source
  }
  const stop = async (): Promise<void> => {
    for (const source of sources) await source[Symbol.asyncDispose]()
    await service.stop()
    for (const stage of [...workers, validator]) await stage.stop()
    await embeddings[Symbol.asyncDispose]()
    await checkpoint[Symbol.asyncDispose]()
  }
  return {
    service,
    driver,
    target,
    workers,
    validator,
    user,
    connect,
    dial: async (who) => (who ?? (await user())).transport.dial(service.address),
    sessionsOpen: () => [...workers, validator].map((stage) => stage.counters.sessionsOpen),
    reviveWorker: async () => {
      workers[0] = await startWorker(0)
    },
    [Symbol.asyncDispose]: stop,
  }
}
