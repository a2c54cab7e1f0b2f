import type { Clock } from '@shardline/core'
import { isSame, utf8 } from '../bytes.ts'
import { deriveKey } from '../derive-key.ts'
import {
  EncryptionKeyInvalidError,
  HistoryKeyWrongError,
  PromptTooLongError,
  SealBrokenError,
  SealDriverError,
  SealExpiredError,
  SealKeyUnknownError,
  SealPriceError,
  SealRequestError,
} from '../errors.ts'
import { PROMPT_BYTES_MAX } from '../limits.ts'
import { loadSodium } from '../sodium.ts'
import { agreeAsReceiver, agreeAsSender } from './encryption-key.ts'
import type { AgreedKeys, EncryptionKeyPair } from './encryption-key.ts'
import type { HistoryKey } from './history-key.ts'
import { readPromptContent } from './prompt-content.ts'
import type { PromptContent } from './prompt-content.ts'
import { readPromptEnvelope } from './prompt-envelope.ts'
import type { PromptEnvelope } from './prompt-envelope.ts'
import type { SealedTerms } from './sealed-terms.ts'

/** A prompt and what it was bound to. */
export interface OpenedPrompt extends PromptContent {
  readonly terms: SealedTerms
}

/** What {@link openPrompt} takes. */
export interface OpenPromptInit {
  readonly sealed: Uint8Array
  /** The driver's keys that prompts may still be sealed to. */
  readonly keys: readonly EncryptionKeyPair[]
  /** What the driver claimed: the prompt must be bound to exactly that. */
  readonly expected: Pick<SealedTerms, 'requestId' | 'driverId' | 'lockedPrice'>
  readonly clock: Pick<Clock, 'now'>
  /** @default PROMPT_BYTES_MAX */
  readonly promptBytesMax?: number
}

/** Bytes that everything but the prompt can take: header, response key, padding, tag. */
const OVERHEAD_BYTES_MAX = 4_096

/**
 * Opens a prompt as the driver that it is sealed to.
 *
 * @throws SealMalformedError, SealRequestError, SealDriverError, SealPriceError, SealExpiredError, SealKeyUnknownError,
 * SealBrokenError, PromptTooLongError.
 */
export async function openPrompt(init: OpenPromptInit): Promise<OpenedPrompt> {
  const { sealed, keys, expected, clock } = init
  const bytesMax = init.promptBytesMax ?? PROMPT_BYTES_MAX
  if (sealed.length > bytesMax + OVERHEAD_BYTES_MAX) throw new PromptTooLongError(sealed.length, bytesMax)
  const envelope = readPromptEnvelope(sealed)
  checkExpected(envelope.terms, expected)
  if (clock.now() > envelope.terms.expiresAtMs) throw new SealExpiredError(envelope.terms.expiresAtMs)
  const key = keys.find(({ publicKey }) => isSame(publicKey, envelope.driverKey))
  if (key === undefined) throw new SealKeyUnknownError()
  return open(envelope, () => agreeAsReceiver(key, envelope.senderKey))
}

/**
 * Opens a prompt as the user who sealed it.
 *
 * @throws SealMalformedError, SealBrokenError; HistoryKeyWrongError if another user sealed it.
 */
export async function readOwnPrompt(sealed: Uint8Array, historyKey: HistoryKey): Promise<OpenedPrompt> {
  const envelope = readPromptEnvelope(sealed)
  const sender = await historyKey.senderKey(envelope.terms.requestId, envelope.nonce)
  if (!isSame(sender.publicKey, envelope.senderKey)) throw new HistoryKeyWrongError(envelope.terms.requestId)
  return open(envelope, () => agreeAsSender(sender, envelope.driverKey))
}

function checkExpected(terms: SealedTerms, expected: OpenPromptInit['expected']): void {
  if (terms.requestId !== expected.requestId) throw new SealRequestError(terms.requestId, expected.requestId)
  if (terms.driverId !== expected.driverId) throw new SealDriverError(terms.driverId, expected.driverId)
  if (terms.lockedPrice !== expected.lockedPrice) {
    throw new SealPriceError(terms.lockedPrice, expected.lockedPrice)
  }
}

async function open(envelope: PromptEnvelope, agree: () => Promise<AgreedKeys>): Promise<OpenedPrompt> {
  const { terms, ciphertext, associatedData, nonce } = envelope
  const sodium = await loadSodium()
  let content: Uint8Array
  try {
    const { toReceiver } = await agree()
    const key = deriveKey(toReceiver, 'prompt', utf8(terms.requestId))
    content = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, associatedData, nonce, key)
  } catch (cause) {
    // libsodium has one plain error for every reason; a weak key of the sender is no better than a wrong tag.
    throw new SealBrokenError(cause instanceof EncryptionKeyInvalidError ? cause : undefined)
  }
  return { ...readPromptContent(content), terms }
}
