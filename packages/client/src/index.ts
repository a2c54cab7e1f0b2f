/**
 * What a user's program needs: seal a prompt, ask, read the answer as it comes, and know that no token was changed.
 *
 * ```ts
 * import { silentLog, systemClock as clock, systemRandom as random } from '@shardline/core'
 * import { connectDriver, parseInvite, textAsk } from '@shardline/client'
 * import { createIdentity } from '@shardline/identity'
 * import { WebSocketTransport } from '@shardline/wire'
 *
 * const security = { identity: await createIdentity(random) }
 * const self = { node: 'me', role: 'client', software: 'example/1.0.0' } as const
 * const transport = new WebSocketTransport({ clock, log: silentLog }, { self, security })
 * await using source = await connectDriver({ transport, clock, random, log: silentLog }, parseInvite('shardline1…'))
 * const answer = source.ask(textAsk('Tell me a story.'))
 * for await (const event of answer) if (event.type === 'piece') process.stdout.write(event.text)
 * console.log((await answer.report).isVerified)
 * ```
 */
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
export * from './gateway/index.ts'
export * from './invite.ts'
export * from './limits.ts'
export * from './market/index.ts'
export * from './market-source/index.ts'
