import type { Random } from '@shardline/core'
import { concat, utf8 } from '../bytes.ts'
import { deriveKey } from '../derive-key.ts'
import { loadSodium } from '../sodium.ts'
import { agreeAsSender } from './encryption-key.ts'
import type { HistoryKey } from './history-key.ts'
import { writePromptContent } from './prompt-content.ts'
import { SEAL_NONCE_BYTES, writePromptHeader } from './prompt-envelope.ts'
import { checkTerms } from './sealed-terms.ts'
import type { SealedTerms } from './sealed-terms.ts'

/** What {@link sealPrompt} takes. */
export interface SealPromptInit {
  readonly prompt: Uint8Array
  /** The driver's X25519 key, out of a driver key entry that was verified. */
  readonly driverKey: Uint8Array
  /** What it is bound to. */
  readonly terms: SealedTerms
  readonly historyKey: HistoryKey
  readonly random: Pick<Random, 'bytes'>
  /** @default PROMPT_BYTES_MAX */
  readonly promptBytesMax?: number
}

/**
 * Seals a prompt to a driver: only the holder of the driver's key, and the user itself, can read it, and only for this
 * request, driver and price. X25519 from a one-time key, then XChaCha20-Poly1305 with the header as associated data.
 *
 * @throws PromptTooLongError, EncryptionKeyInvalidError, InvalidValueError, PartyIdInvalidError.
 */
export async function sealPrompt(init: SealPromptInit): Promise<Uint8Array> {
  const { terms, driverKey, historyKey } = init
  checkTerms(terms)
  const { publicKey: responseKey } = await historyKey.responseKey(terms.requestId)
  const content = writePromptContent({ prompt: init.prompt, responseKey }, init.promptBytesMax)
  const nonce = init.random.bytes(SEAL_NONCE_BYTES)
  const sender = await historyKey.senderKey(terms.requestId, nonce)
  const { toReceiver } = await agreeAsSender(sender, driverKey)
  const header = writePromptHeader({ terms, driverKey, senderKey: sender.publicKey, nonce })
  const sodium = await loadSodium()
  const key = deriveKey(toReceiver, 'prompt', utf8(terms.requestId))
  return concat(header, sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(content, header, null, nonce, key))
}
