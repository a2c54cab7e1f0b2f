import { SeededRandom, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Pipeline } from '@shardline/driver'
import { formPipeline } from '@shardline/driver'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { Checkpoint, EmbeddingTable } from '@shardline/model'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import { localMachine } from '@shardline/node'
import type { NodeSettings } from '@shardline/node'
import { Validator, engineHeads } from '@shardline/validator'
import type { Transport } from '@shardline/wire'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import { Worker, engineModels } from '@shardline/worker'
import { KillableTransport } from './killable-transport.ts'
import { storyteller } from './test-models.ts'

const components = { clock: systemClock, log: silentLog }

/** A pipeline of the bundled model, and what prompts are made with. */
export interface MemoryCluster extends AsyncDisposable {
  readonly pipeline: Pipeline
  /** Of the driver. */
  readonly identity: Identity
  readonly checkpoint: Checkpoint
  encode(text: string): readonly number[]
  /** Ends all links of a node, without a word. */
  kill(node: string): Promise<void>
}

/** Options of {@link startMemoryCluster}. */
export interface MemoryClusterInit {
  /** Whether all prove who they are on their links, and can sign. @default false */
  readonly isSecured?: boolean
  /** Puts something between a node and its links. */
  readonly disguise?: (transport: Transport, node: string) => Transport
  /** Nodes that stand by: workers `w` and validators `v` with the numbers after those in use. @default none */
  readonly spares?: { readonly workers: number; readonly validators: number }
  /** Of the workers. @default as they come */
  readonly settings?: NodeSettings
}

/** The bundled model over `workers` real workers and a real validator, all in this process. */
export async function startMemoryCluster(
  cacheFolder: string,
  workers: number,
  clusterInit: MemoryClusterInit = {},
): Promise<MemoryCluster> {
  const { isSecured = false, disguise = (transport: Transport) => transport } = clusterInit
  const network = new MemoryNetwork(components)
  const transports = new Map<string, KillableTransport>()
  const transportOf = (
    role: 'driver' | 'worker' | 'validator',
    node: string,
    identity: Identity,
  ): Transport => {
    const self = { node, role, software: 'test' }
    const security = isSecured ? { security: { identity } } : {}
    const bare = new MemoryTransport({ ...components, network }, { self, ...security })
    const transport = new KillableTransport(disguise(bare, node))
    transports.set(node, transport)
    return transport
  }
  const options = { checkpoints: { cacheFolder }, threads: 1, isSpinning: false }
  const machine = localMachine(components, { threads: 1, isSpinning: false })
  const stages = new Map<string, Worker | Validator>()
  const addressOf = (node: string): string => `memory:${node}`
  const partsOf = async (role: 'worker' | 'validator', node: string) => {
    const identity = await createIdentity(systemRandom)
    return { ...components, identity, transport: transportOf(role, node, identity), machine }
  }
  const { spares = { workers: 0, validators: 0 }, settings = {} } = clusterInit
  const workerNodes = Array.from({ length: workers + spares.workers }, (_, index) => `w${index + 1}`)
  const validatorNodes = ['v', ...Array.from({ length: spares.validators }, (_, index) => `v${index + 2}`)]
  for (const node of workerNodes) {
    const parts = { ...(await partsOf('worker', node)), models: engineModels(options) }
    stages.set(node, new Worker(parts, { node, software: 'test', listen: addressOf(node), settings }))
  }
  for (const node of validatorNodes) {
    const parts = { ...(await partsOf('validator', node)), models: engineHeads(options) }
    stages.set(node, new Validator(parts, { node, software: 'test', listen: addressOf(node) }))
  }
  const addresses = workerNodes.map(addressOf)
  for (const stage of stages.values()) await stage.start()
  const checkpoint = await openCheckpoint(storyteller, { cacheFolder })
  const embeddings: EmbeddingTable = await openEmbeddingTable(checkpoint)
  const tokenizer = await checkpoint.tokenizer()
  const { config, digest } = checkpoint
  const identity = await createIdentity(systemRandom)
  const transport = transportOf('driver', 'd', identity)
  const pipeline = await formPipeline(
    {
      ...components,
      transport,
      random: new SeededRandom(1),
      checkpoint: { config, digest, embeddings, tokenizer },
    },
    {
      workers: addresses.slice(0, workers),
      validator: 'memory:v',
      spares: {
        workers: addresses.slice(workers),
        validators: validatorNodes.slice(1).map(addressOf),
      },
      model: storyteller,
      limits: { prefillChunkRows: 5 },
    },
  )
  const stop = async (): Promise<void> => {
    await pipeline[Symbol.asyncDispose]()
    for (const stage of stages.values()) await stage.stop()
    await embeddings[Symbol.asyncDispose]()
    await checkpoint[Symbol.asyncDispose]()
  }
  return {
    pipeline,
    identity,
    checkpoint,
    encode: (text) => tokenizer.encode(text),
    kill: async (node) => transports.get(node)?.kill(),
    [Symbol.asyncDispose]: stop,
  }
}
