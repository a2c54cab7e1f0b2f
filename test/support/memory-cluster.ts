import { SeededRandom, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Pipeline } from '@shardline/driver'
import { formPipeline } from '@shardline/driver'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { Checkpoint, EmbeddingTable } from '@shardline/model'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import { localMachine } from '@shardline/node'
import { Validator, engineHeads } from '@shardline/validator'
import type { Transport } from '@shardline/wire'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import { Worker, engineModels } from '@shardline/worker'
import { storyteller } from './test-models.ts'

const components = { clock: systemClock, log: silentLog }

/** A pipeline of the bundled model, and what prompts are made with. */
export interface MemoryCluster extends AsyncDisposable {
  readonly pipeline: Pipeline
  /** Of the driver. */
  readonly identity: Identity
  readonly checkpoint: Checkpoint
  encode(text: string): readonly number[]
}

/** Options of {@link startMemoryCluster}. */
export interface MemoryClusterInit {
  /** Whether all prove who they are on their links, and can sign. @default false */
  readonly isSecured?: boolean
  /** Puts something between a node and its links. */
  readonly disguise?: (transport: Transport, node: string) => Transport
}

/** The bundled model over `workers` real workers and a real validator, all in this process. */
export async function startMemoryCluster(
  cacheFolder: string,
  workers: number,
  clusterInit: MemoryClusterInit = {},
): Promise<MemoryCluster> {
  const { isSecured = false, disguise = (transport: Transport) => transport } = clusterInit
  const network = new MemoryNetwork(components)
  const transportOf = (
    role: 'driver' | 'worker' | 'validator',
    node: string,
    identity: Identity,
  ): Transport => {
    const self = { node, role, software: 'test' }
    const security = isSecured ? { security: { identity } } : {}
    return disguise(new MemoryTransport({ ...components, network }, { self, ...security }), node)
  }
  const options = { checkpoints: { cacheFolder }, threads: 1, isSpinning: false }
  const machine = localMachine(components, { threads: 1, isSpinning: false })
  const stages: (Worker | Validator)[] = []
  const addresses: string[] = []
  for (let index = 0; index < workers; index++) {
    const node = `w${index + 1}`
    const init = { node, software: 'test', listen: `memory:${node}` }
    const identity = await createIdentity(systemRandom)
    const parts = {
      ...components,
      identity,
      transport: transportOf('worker', node, identity),
      machine,
      models: engineModels(options),
    }
    stages.push(new Worker(parts, init))
    addresses.push(init.listen)
  }
  const init = { node: 'v', software: 'test', listen: 'memory:v' }
  const signer = await createIdentity(systemRandom)
  const parts = {
    ...components,
    identity: signer,
    transport: transportOf('validator', 'v', signer),
    machine,
    models: engineHeads(options),
  }
  stages.push(new Validator(parts, init))
  for (const stage of stages) await stage.start()
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
    { workers: addresses, validator: 'memory:v', model: storyteller, limits: { prefillChunkRows: 5 } },
  )
  const stop = async (): Promise<void> => {
    await pipeline[Symbol.asyncDispose]()
    for (const stage of stages) await stage.stop()
    await embeddings[Symbol.asyncDispose]()
    await checkpoint[Symbol.asyncDispose]()
  }
  return {
    pipeline,
    identity,
    checkpoint,
    encode: (text) => tokenizer.encode(text),
    [Symbol.asyncDispose]: stop,
  }
}
