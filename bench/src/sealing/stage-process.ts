/** A worker or a validator with links of one protection: started as a process of its own, it says its address to its parent. */
import process from 'node:process'
import { silentLog, systemClock } from '@shardline/core'
import { localMachine } from '@shardline/node'
import type { Machine } from '@shardline/node'
import { engineHeads, Validator } from '@shardline/validator'
import { engineModels, Worker } from '@shardline/worker'
import { openTransport } from './open-transport.ts'
import type { StageInit } from './start-stage.ts'

const { kind, protection, model, threads, cacheFolder } = JSON.parse(process.argv[2] ?? '{}') as StageInit
const engine = { threads }
const options = { ...engine, checkpoints: { cacheFolder } }
const measured = localMachine({ clock: systemClock }, engine)
/** Says the same speed of every stage, so that both pipelines are planned alike. */
const machine: Machine = {
  threads: measured.threads,
  numericClass: () => measured.numericClass(),
  speed: () => Promise.resolve({ decodeMs: 1, prefillMs: 1, layerMs: 1, runMs: 0 }),
  memory: () => measured.memory(),
}
const { transport, nameOf } = await openTransport(protection, kind)
const components = { transport, clock: systemClock, log: silentLog, machine }
const init = { node: kind, software: 'bench/1.0.0', listen: 'ws://127.0.0.1:0', model }
const stage =
  kind === 'worker'
    ? new Worker({ ...components, models: engineModels(options) }, init)
    : new Validator({ ...components, models: engineHeads(options) }, init)
await stage.start()
process.once('disconnect', () => void stage.stop().finally(() => process.exit()))
process.send?.(nameOf(stage.address ?? ''))
