/**
 * What any role needs to be one of many: the server that peers talk to, the loop that runs their rows, and the loading of
 * models. Worker and validator are a {@link NodeRole} each.
 *
 * ```ts
 * import { silentLog, systemClock, systemRandom } from '@shardline/core'
 * import { createIdentity } from '@shardline/identity'
 * import { NodeServer } from '@shardline/node'
 * import type { NodeRole } from '@shardline/node'
 * import { WebSocketTransport } from '@shardline/wire'
 *
 * export async function serve(role: NodeRole): Promise<NodeServer> {
 *   const components = { clock: systemClock, log: silentLog }
 *   const identity = await createIdentity(systemRandom)
 *   const self = { node: 'w1', role: role.kind, software: 'example/1.0.0' }
 *   const transport = new WebSocketTransport(components, { self, security: { identity } })
 *   const server = new NodeServer({ ...components, transport, role }, { ...self, listen: 'ws://127.0.0.1:0' })
 *   await server.start()
 *   return server
 * }
 * ```
 */
export * from './enlist/enlistment.ts'
export * from './enlist/node-invite.ts'
export * from './enlist/node-pass.ts'
export * from './errors.ts'
export * from './limits.ts'
export * from './machine.ts'
export * from './node-models.ts'
export * from './node-role.ts'
export * from './peer-address.ts'
export type { NodePipeline } from './node-pipeline.ts'
export { NodeServer } from './node-server.ts'
export type { NodeCounters, NodeServerComponents, NodeServerInit } from './node-server.ts'
export * from './resource-keeper.ts'
export { resolveNodeSettings } from './settings.ts'
export type { NodeSettings, ResolvedNodeSettings } from './settings.ts'
export * from './stage-loop.ts'
export { within } from './within.ts'
export type { TimeLimit } from './within.ts'
export * from './weights/open-checkpoints.ts'
export type { SharedFiles } from './weights/weight-sharer.ts'
export * from './weights/weight-taker.ts'
export * from './stage-work.ts'
export type { LoopPipeline } from './loop-pipeline.ts'
export { Outbox } from './outbox.ts'
export type { MessageSink, OutboxInit } from './outbox.ts'
export * from './proof/digest-run.ts'
export * from './proof/evidence-book.ts'
export * from './proof/root-of-windows.ts'
export * from './proof/row-bytes.ts'
export * from './proof/row-digests.ts'
export type { SessionEvidence } from './proof/session-evidence.ts'
