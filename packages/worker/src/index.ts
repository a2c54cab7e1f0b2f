/**
 * A worker: serves one range of layers of a model to pipelines that drivers plan.
 *
 * ```ts
 * import { createLog, systemClock } from '@shardline/core'
 * import { localMachine } from '@shardline/node'
 * import { WebSocketTransport } from '@shardline/wire'
 * import { engineModels, Worker } from '@shardline/worker'
 *
 * const components = { clock: systemClock, log: createLog() }
 * const self = { node: 'w1', role: 'worker', software: 'example/1.0.0' } as const
 * const transport = new WebSocketTransport(components, { self })
 * const models = engineModels({ checkpoints: { cacheFolder: './cache' } })
 * const machine = localMachine(components)
 * const worker = new Worker({ ...components, transport, models, machine }, { ...self, listen: 'ws://127.0.0.1:7001' })
 * await worker.start()
 * console.log(worker.address)
 * ```
 */
export * from './errors.ts'
export * from './limits.ts'
export * from './worker-models.ts'
export * from './worker.ts'
