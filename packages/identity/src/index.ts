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
export { answerChallenge, ChallengeBook } from './challenge.ts'
export type { Challenge, ChallengeAnswer, ChallengeBookInit } from './challenge.ts'
export { canonicalJson } from './canonical-json.ts'
export type { CanonicalOptions, JsonValue } from './canonical-json.ts'
export * from './comparison-commitment.ts'
export * from './driver-keys/driver-key-entry.ts'
export * from './driver-keys/driver-key-log.ts'
export * from './driver-keys/key-log-auditor.ts'
export * from './driver-keys/key-log-checkpoint.ts'
export * from './driver-keys/key-log-name.ts'
export * from './driver-keys/key-log-watch.ts'
export * from './driver-keys/key-proof-json.ts'
export * from './driver-keys/rotate-driver-keys.ts'
export * from './driver-keys/verify-driver-key.ts'
export * from './errors.ts'
export type { FreshnessInit } from './freshness.ts'
export * from './identity.ts'
export * from './key-files/key-file.ts'
export * from './key-files/key-folder.ts'
export * from './key-files/key-store.ts'
export type { PartyKeys } from './key-files/party-keys.ts'
export * from './limits.ts'
export * from './nonce-memory.ts'
export * from './party-id.ts'
export { readStageReceipt } from './receipts/read-stage-receipt.ts'
export * from './receipts/receipt-root.ts'
export * from './receipts/sign-stage-receipt.ts'
export * from './receipts/stage-receipt.ts'
export { ANSWER_HEADER_BYTES } from './sealing/answer-header.ts'
export * from './sealing/answer-opener.ts'
export * from './sealing/answer-sealer.ts'
export { createEncryptionKey, encryptionKeyOf } from './sealing/encryption-key.ts'
export type { EncryptionKeyPair } from './sealing/encryption-key.ts'
export * from './sealing/history-key.ts'
export * from './sealing/open-prompt.ts'
export type { PromptContent } from './sealing/prompt-content.ts'
export * from './sealing/seal-prompt.ts'
export type { SealedTerms } from './sealing/sealed-terms.ts'
export * from './signature-word.ts'
export { signMessage, verifyMessage } from './signed-message.ts'
export type { SignMessageInit, SignedFields, SignedMessage, VerifyMessageInit } from './signed-message.ts'
export * from './signed-request.ts'
export * from './statement.ts'
export * from './token-window.ts'
export * from './verify-signature.ts'
