/**
 * The same for web pages, and with it all that a page needs of the other packages, so that one file can be bundled of it:
 * everything but the gateway. Bundlers that set the condition `browser` take this file for the package.
 *
 * ```ts
 * import * as shardline from '@shardline/client/browser'
 *
 * const { systemClock: clock, systemRandom: random, silentLog: log } = shardline
 * const security = { identity: await shardline.createIdentity(random) }
 * const self = { node: 'page', role: 'client', software: 'example/1.0.0' } as const
 * const transport = new shardline.BrowserTransport({ clock, log }, { self, security })
 * const components = { transport, clock, random, log }
 * const source = await shardline.connectDriver(components, shardline.parseInvite('shardline1…'))
 * for await (const event of source.ask(shardline.textAsk('Tell me a story.'))) console.log(event)
 * ```
 */
import './name-disposal.ts'

export * from './answer-source.ts'
export * from './ask-content.ts'
export * from './connect-driver.ts'
export { DriverConnection } from './driver-connection.ts'
export type {
  AskTerms,
  ClientLimits,
  DriverAskOptions,
  DriverConnectionComponents,
  DriverConnectionInit,
} from './driver-connection.ts'
export * from './driver-target.ts'
export * from './errors.ts'
export * from './invite.ts'
export * from './limits.ts'
export * from './market/index.ts'
export * from './market-source/index.ts'

export { ShardlineError, silentLog, systemClock, systemRandom } from '@shardline/core'
export type { Clock, Log, LogFields, Random } from '@shardline/core'
export {
  createIdentity,
  historyKeyFromSeed,
  identityFromSeed,
  partyId,
  partyIdOf,
  publicKeyOf,
} from '@shardline/identity'
export type { HistoryKey, Identity, PartyId } from '@shardline/identity'
export { BrowserTransport } from '@shardline/wire'
export type { AnswerEvent, AskContent, AskSampling, BrowserTransportInit, Transport } from '@shardline/wire'
