/**
 * Who said this, and who may read it: keys and ids, signed messages and requests, challenges, sealing.
 * Runs in Node and in browsers.
 *
 * ```ts
 * import { systemClock as clock, systemRandom as random } from '@shardline/core'
 * import { MemoryNonces, createIdentity, signRequest, verifyRequest } from '@shardline/identity'
 *
 * const identity = await createIdentity(random)
 * const facts = { method: 'POST', path: '/requests', body: new TextEncoder().encode('{}'), audience: 'market.example' }
 * const headers = signRequest({ identity, clock, random, ...facts })
 * const nonces = new MemoryNonces({ clock })
 * const sender = await verifyRequest({ headers: { ...headers }, clock, nonces, ...facts })
 * console.log(sender === identity.id)
 * ```
 */
export { canonicalJson } from './canonical-json.ts'
export type { CanonicalOptions, JsonValue } from './canonical-json.ts'
export * from './errors.ts'
export type { FreshnessInit } from './freshness.ts'
export * from './identity.ts'
export * from './limits.ts'
export * from './nonce-memory.ts'
export * from './party-id.ts'
export { signMessage, verifyMessage } from './signed-message.ts'
export type { SignMessageInit, SignedFields, SignedMessage, VerifyMessageInit } from './signed-message.ts'
export * from './signed-request.ts'
export * from './statement.ts'
export * from './verify-signature.ts'
