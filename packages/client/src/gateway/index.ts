/**
 * The gateway: OpenAI's and Ollama's API on loopback, answered by whoever can be asked.
 *
 * ```ts
 * import { connectDriver, parseInvite, serveGateway } from '@shardline/client'
 *
 * await using source = await connectDriver({ transport, clock, random, log }, parseInvite('shardline1…'))
 * await using gateway = await serveGateway({ source, clock, random, log }, { port: 11435 })
 * console.log(`OPENAI_BASE_URL=${gateway.address}/v1`)
 * ```
 */
export * from './gateway-errors.ts'
export * from './gateway-limits.ts'
export * from './gateway-server.ts'
export * from './gateway-settings.ts'
export * from './serve-gateway.ts'
