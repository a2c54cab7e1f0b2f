import { join } from 'node:path'
import { SeededRandom, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Log, LogFields } from '@shardline/core'
import { formPipeline } from '@shardline/driver'
import type { Pipeline, StageProgress } from '@shardline/driver'
import { createIdentity } from '@shardline/identity'
import type { Checkpoint } from '@shardline/model'
import { listFiles, openCheckpoint, openEmbeddingTable } from '@shardline/model'
import { WeightTaker } from '@shardline/node'
import type { Machine, NodeSettings } from '@shardline/node'
import { engineHeads, Validator } from '@shardline/validator'
import type { Transport } from '@shardline/wire'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import { engineModels, Worker } from '@shardline/worker'
import { sharedCacheFolder, storyteller } from './test-models.ts'

/** What a driver calls the model: nothing of that name is on a disk, and no hub can be reached. */
const REFERENCE = 'example/storyteller'

/** Machines that are all alike. */
const machine: Machine = {
  threads: 1,
  numericClass: async () => 'test',
  speed: async () => ({ decodeMs: 40, prefillMs: 10, layerMs: 0.1, runMs: 0.1 }),
  memory: () => ({ freeBytes: 2 ** 32, residentBytes: 2 ** 27 }),
}

/** A node of a {@link WeightsCluster}. */
export interface WeightsNode {
  /** Whether it was started with the model, on its own disk. */
  readonly isHolder: boolean
  /** Whether it gives the model's files to others. @default what isHolder is */
  readonly isSharing?: boolean
  /** Whether it may have them from others. @default what isHolder isn't */
  readonly isTaking?: boolean
  /** Puts something between it and its links. */
  readonly disguise?: (transport: Transport) => Transport
  readonly settings?: NodeSettings
}

/** Options of {@link startWeightsCluster}. */
export interface WeightsClusterInit {
  /** Each node without the model has a folder of its own below it. */
  readonly folder: string
  readonly workers: readonly WeightsNode[]
  readonly validator: WeightsNode
  readonly onProgress?: (progress: StageProgress) => void
}

/** A pipeline whose nodes have separate disks, and no hub. */
export interface WeightsCluster extends AsyncDisposable {
  readonly pipeline: Pipeline
  readonly checkpoint: Checkpoint
  encode(text: string): readonly number[]
  /** Lines that the nodes logged, by event. */
  logged(event: string): readonly LogFields[]
  /** Bytes of model files that a node gave. */
  givenBytes(node: string): number
}

interface LogLine {
  readonly event: string
  readonly fields: LogFields
}

function recorder(lines: LogLine[]): Log {
  const record = (event: string, fields: LogFields = {}): void => void lines.push({ event, fields })
  const log: Log = {
    error: record,
    warn: record,
    info: record,
    debug: record,
    trace: record,
    child: () => log,
  }
  return log
}

/** Forms a pipeline of the bundled model: workers `w1` … and the validator `v`, all in this process. */
export async function startWeightsCluster(init: WeightsClusterInit): Promise<WeightsCluster> {
  const components = { clock: systemClock, log: silentLog }
  const network = new MemoryNetwork(components)
  const lines: LogLine[] = []
  const log = recorder(lines)
  const transportOf = async (role: 'driver' | 'worker' | 'validator', node: string) => {
    const identity = await createIdentity(systemRandom)
    const self = { node, role, software: 'test' }
    return new MemoryTransport({ ...components, network }, { self, security: { identity } })
  }
  const startNode = async (role: 'worker' | 'validator', node: string, options: WeightsNode) => {
    const { isHolder, isSharing = isHolder, isTaking = !isHolder, disguise, settings } = options
    const bare = await transportOf(role, node)
    const transport = disguise?.(bare) ?? bare
    // Who has the model anyway may have it packed already.
    const cacheFolder = isHolder ? sharedCacheFolder() : join(init.folder, node)
    const checkpoints = { cacheFolder, isOffline: true, retryBaseMs: 1 }
    const taking = { transport, clock: systemClock, random: systemRandom, log }
    const weightTaker = isTaking ? new WeightTaker(taking, { checkpoints }) : undefined
    const models = { checkpoints, weightTaker, threads: 1, isSpinning: false }
    const parts = { clock: systemClock, log, transport, machine }
    const self = {
      node,
      software: 'test',
      listen: `memory:${node}`,
      isSharing,
      ...(settings && { settings }),
    }
    const held = isHolder ? { ...self, model: storyteller } : self
    const stage =
      role === 'worker'
        ? new Worker({ ...parts, models: engineModels(models) }, held)
        : new Validator({ ...parts, models: engineHeads(models) }, held)
    await stage.start()
    return stage
  }
  const stages = new Map<string, Worker | Validator>()
  for (const [index, worker] of init.workers.entries())
    stages.set(`w${index + 1}`, await startNode('worker', `w${index + 1}`, worker))
  stages.set('v', await startNode('validator', 'v', init.validator))
  const checkpoint = await openCheckpoint(storyteller, { cacheFolder: sharedCacheFolder() })
  const embeddings = await openEmbeddingTable(checkpoint)
  const tokenizer = await checkpoint.tokenizer()
  const { config, digest } = checkpoint
  const stop = async (): Promise<void> => {
    for (const stage of stages.values()) await stage.stop()
    await embeddings[Symbol.asyncDispose]()
    await checkpoint[Symbol.asyncDispose]()
  }
  try {
    const pipeline = await formPipeline(
      {
        ...components,
        transport: await transportOf('driver', 'd'),
        random: new SeededRandom(1),
        checkpoint: {
          config,
          digest,
          embeddings,
          tokenizer,
          list: (options) => listFiles(checkpoint.files, options),
        },
      },
      {
        workers: init.workers.map((_, index) => `memory:w${index + 1}`),
        validator: 'memory:v',
        model: REFERENCE,
        onProgress: init.onProgress,
      },
    )
    return {
      pipeline,
      checkpoint,
      encode: (text) => tokenizer.encode(text),
      logged: (event) => lines.filter((line) => line.event === event).map(({ fields }) => fields),
      givenBytes: (node) => stages.get(node)?.counters.weightBytes ?? 0,
      [Symbol.asyncDispose]: async () => {
        await pipeline[Symbol.asyncDispose]()
        await stop()
      },
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}
