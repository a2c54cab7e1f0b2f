import { SeededRandom, silentLog, systemClock } from '@shardline/core'
import type { Pipeline } from '@shardline/driver'
import { formPipeline } from '@shardline/driver'
import type { Checkpoint, EmbeddingTable } from '@shardline/model'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import { localMachine } from '@shardline/node'
import { Validator, engineHeads } from '@shardline/validator'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import { Worker, engineModels } from '@shardline/worker'
import { storyteller } from './test-models.ts'

const components = { clock: systemClock, log: silentLog }

/** A pipeline of the bundled model, and what prompts are made with. */
export interface MemoryCluster extends AsyncDisposable {
  readonly pipeline: Pipeline
  readonly checkpoint: Checkpoint
  encode(text: string): readonly number[]
}

/** The bundled model over `workers` real workers and a real validator, all in this process. */
export async function startMemoryCluster(cacheFolder: string, workers: number): Promise<MemoryCluster> {
  const network = new MemoryNetwork(components)
  const transportOf = (role: 'driver' | 'worker' | 'validator', node: string): MemoryTransport =>
    new MemoryTransport({ ...components, network }, { self: { node, role, software: 'test' } })
  const options = { checkpoints: { cacheFolder }, threads: 1, isSpinning: false }
  const machine = localMachine(components, { threads: 1, isSpinning: false })
  const stages: (Worker | Validator)[] = []
  const addresses: string[] = []
  for (let index = 0; index < workers; index++) {
    const node = `w${index + 1}`
    const init = { node, software: 'test', listen: `memory:${node}` }
    const parts = {
      ...components,
      transport: transportOf('worker', node),
      machine,
      models: engineModels(options),
    }
    stages.push(new Worker(parts, init))
    addresses.push(init.listen)
  }
  const init = { node: 'v', software: 'test', listen: 'memory:v' }
  const parts = {
    ...components,
    transport: transportOf('validator', 'v'),
    machine,
    models: engineHeads(options),
  }
  stages.push(new Validator(parts, init))
  for (const stage of stages) await stage.start()
  const checkpoint = await openCheckpoint(storyteller, { cacheFolder })
  const embeddings: EmbeddingTable = await openEmbeddingTable(checkpoint)
  const tokenizer = await checkpoint.tokenizer()
  const { config, digest } = checkpoint
  const transport = transportOf('driver', 'd')
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
  return { pipeline, checkpoint, encode: (text) => tokenizer.encode(text), [Symbol.asyncDispose]: stop }
}
