/**
 * Bytes between machines: messages with schemas, frames that carry them, and ordered links over WebSockets or memory.
 * Links between processes are authenticated both ways, and sealed.
 *
 * ```ts
 * import { silentLog, systemClock, systemRandom } from '@shardline/core'
 * import { createIdentity } from '@shardline/identity'
 * import { WebSocketTransport } from '@shardline/wire'
 *
 * const components = { clock: systemClock, log: silentLog }
 * const [one, other] = [await createIdentity(systemRandom), await createIdentity(systemRandom)]
 * const self = { node: 'w1', role: 'worker', software: 'shardline/0.1.0' } as const
 * const worker = new WebSocketTransport(components, { self, security: { identity: one } })
 * const driver = new WebSocketTransport(components, { self: { ...self, node: 'd1' }, security: { identity: other } })
 * await using listener = await worker.listen('ws://127.0.0.1:0', async (link) => {
 *   for await (const message of link.messages()) console.log(link.peer.node, message.kind)
 * })
 * const link = await driver.dial(listener.address, { expectPublicKey: one.publicKey })
 * await link.send({ kind: 'join', pipeline: 'p1', epoch: 0 })
 * await link.close('done')
 * ```
 */
export * from './browser-socket.ts'
export * from './browser-transport.ts'
export * from './catalogue.ts'
export * from './content/answer-event.ts'
export * from './content/ask-content.ts'
export type { ContentCodec } from './content/content-schema.ts'
export * from './errors.ts'
export { decodeFrame, encodeFrame, FRAME_PREFIX_BYTES, FRAME_VERSION } from './frame.ts'
export * from './limits.ts'
export * from './memory-network.ts'
export * from './memory-transport.ts'
export * from './message.ts'
export type { FrameChannel, ChannelHandlers } from './frame-channel.ts'
export * from './messages/answer.ts'
export * from './messages/ask-cancel.ts'
export type { AskMessage } from './messages/ask.ts'
export type { AskRefusedMessage } from './messages/ask-refused.ts'
export * from './messages/bye.ts'
export * from './messages/common.ts'
export * from './messages/describe.ts'
export * from './messages/description.ts'
export * from './messages/enlist.ts'
export * from './messages/enlisted.ts'
export * from './messages/error.ts'
export * from './messages/header-schema.ts'
export * from './messages/hello.ts'
export * from './messages/hidden.ts'
export * from './messages/join.ts'
export * from './messages/leaving.ts'
export * from './messages/measure.ts'
export * from './messages/measured.ts'
export * from './messages/offer.ts'
export * from './messages/ping.ts'
export * from './messages/plan.ts'
export * from './messages/pong.ts'
export * from './messages/progress.ts'
export * from './messages/ready.ts'
export * from './messages/receipt-ask.ts'
export * from './messages/receipt.ts'
export * from './messages/reform.ts'
export * from './messages/reformed.ts'
export * from './messages/relay-call.ts'
export * from './messages/relay-register.ts'
export * from './messages/relay-registered.ts'
export * from './messages/release.ts'
export * from './messages/session-closed.ts'
export * from './messages/session-open.ts'
export * from './messages/session-standing.ts'
export * from './messages/standing.ts'
export * from './messages/session-opened.ts'
export type { WindowEnd, WireWindow } from './messages/token-window.ts'
export * from './messages/tokens.ts'
export * from './messages/weights-ask.ts'
export * from './messages/weights.ts'
export * from './messages/welcome.ts'
export * from './protocol.ts'
export { formatRelayAddress, isRelayAddress, parseRelayAddress } from './relay/relay-address.ts'
export type { RelayAddress } from './relay/relay-address.ts'
export * from './relay/relay-limits.ts'
export { Relay } from './relay/relay.ts'
export type { RelayComponents, RelayCounters, RelayInit } from './relay/relay.ts'
export type { RelayRefusal } from './relay/refuse-upgrade.ts'
export type { SwitchboardCounters } from './relay/switchboard.ts'
export * from './relay/relay-transport.ts'
export * from './secure/link-crypto.ts'
export * from './secure/link-identity.ts'
export type { LinkSecurityInit } from './secure/link-security.ts'
export { nodeLinkCrypto } from './secure/node-crypto.ts'
export { portableLinkCrypto } from './secure/portable-crypto.ts'
export * from './transport.ts'
export * from './websocket-transport.ts'
export { networkOf } from './secure/handshake-gate.ts'
