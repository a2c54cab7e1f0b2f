/**
 * A validator: owns the final norm, the LM head and the sampler, so that no worker can choose a token.
 *
 * ```ts
 * import { createLog, systemClock } from '@shardline/core'
 * import { localMachine } from '@shardline/node'
 * import { engineHeads, Validator } from '@shardline/validator'
 * import { WebSocketTransport } from '@shardline/wire'
 *
 * const components = { clock: systemClock, log: createLog() }
 * const self = { node: 'v1', role: 'validator', software: 'example/1.0.0' } as const
 * const transport = new WebSocketTransport(components, { self })
 * const models = engineHeads({ checkpoints: { cacheFolder: './cache' } })
 * const machine = localMachine(components)
 * const validator = new Validator({ ...components, transport, models, machine }, { ...self, listen: 'ws://127.0.0.1:7002' })
 * await validator.start()
 * console.log(validator.address)
 * ```
 */
export * from './errors.ts'
export * from './limits.ts'
export * from './validator-models.ts'
export * from './validator.ts'
