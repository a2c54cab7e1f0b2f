/** A worker that takes a multiple of the time for everything: started as a process of its own, it says its address to its parent. */
import process from 'node:process'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Stage } from '@shardline/engine'
import { createIdentity } from '@shardline/identity'
import { formatPeerAddress, localMachine } from '@shardline/node'
import type { Machine } from '@shardline/node'
import { WebSocketTransport } from '@shardline/wire'
import { engineModels, Worker } from '@shardline/worker'
import type { WorkerModels } from '@shardline/worker'

/** A stage that computes every batch `factor` times; the results are those of one time. */
function slowStage(stage: Stage, factor: number): Stage {
  return {
    layers: stage.layers,
    hiddenSize: stage.hiddenSize,
    isExact: stage.isExact,
    get memory() {
      return stage.memory
    },
    open: (session, options) => stage.open(session, options),
    run: async (batch) => {
      // Rows at the same positions roll back what the run before added.
      for (let extra = 1; extra < factor; extra++) await stage.run(batch)
      return stage.run(batch)
    },
    length: (session) => stage.length(session),
    truncate: (session, length) => stage.truncate(session, length),
    close: (session) => stage.close(session),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  }
}

function slowModels(models: WorkerModels, factor: number): WorkerModels {
  return {
    inspect: (reference) => models.inspect(reference),
    loadStage: async (request) => slowStage(await models.loadStage(request), factor),
    stop: () => models.stop(),
  }
}

function slowMachine(machine: Machine, factor: number): Machine {
  return {
    threads: machine.threads,
    numericClass: () => machine.numericClass(),
    memory: () => machine.memory(),
    speed: async () => {
      const { decodeMs, prefillMs, layerMs, runMs } = await machine.speed()
      return {
        decodeMs: decodeMs * factor,
        prefillMs: prefillMs * factor,
        layerMs: layerMs * factor,
        runMs: runMs * factor,
      }
    },
  }
}

const [model = '', cacheFolder = '', factorText = '1'] = process.argv.slice(2)
const factor = Number(factorText)
const clock = systemClock
const self = { node: 'slow-worker', role: 'worker', software: 'bench' } as const
const identity = await createIdentity(systemRandom)
const transport = new WebSocketTransport({ clock, log: silentLog }, { self, security: { identity } })
const engine = { threads: 1 }
const machine = slowMachine(localMachine({ clock }, engine), factor)
const models = slowModels(engineModels({ ...engine, checkpoints: { cacheFolder } }), factor)
// Measured before anybody waits for it, on a quiet machine.
await machine.numericClass()
await machine.speed()
const worker = new Worker(
  { transport, clock, log: silentLog, models, machine },
  { ...self, listen: 'ws://127.0.0.1:0', model },
)
await worker.start()
process.once('disconnect', () => void worker.stop().finally(() => process.exit()))
process.send?.(formatPeerAddress(worker.address ?? '', identity.publicKey))
