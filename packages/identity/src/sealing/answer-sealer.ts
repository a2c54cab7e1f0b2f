import type { Random } from '@shardline/core'
import { concat, utf8 } from '../bytes.ts'
import { deriveKey } from '../derive-key.ts'
import { AnswerChunkTooLongError, AnswerEndedError } from '../errors.ts'
import { ANSWER_CHUNKS_MAX, ANSWER_CHUNK_BYTES_MAX } from '../limits.ts'
import { loadSodium } from '../sodium.ts'
import type { Sodium } from '../sodium.ts'
import { chunkNonce, writeChunkPrefix } from './answer-chunk.ts'
import { writeAnswerHeader } from './answer-header.ts'
import { agreeAsSender, createEncryptionKey } from './encryption-key.ts'

/** What {@link AnswerSealer.create} takes. */
export interface AnswerSealerInit {
  /** The user's key out of the opened prompt. */
  readonly responseKey: Uint8Array
  readonly requestId: string
  readonly random: Pick<Random, 'bytes'>
  /** @default ANSWER_CHUNK_BYTES_MAX */
  readonly chunkBytesMax?: number
}

interface SealerKeys {
  readonly key: Uint8Array
  readonly senderKey: Uint8Array
}

/** Seals one answer, chunk by chunk, to the user who asked. */
export class AnswerSealer {
  /** Goes before the first chunk. */
  readonly header: Uint8Array
  readonly #sodium: Sodium
  readonly #key: Uint8Array
  readonly #chunkBytesMax: number
  #index = 0
  #isEnded = false

  private constructor(sodium: Sodium, keys: SealerKeys, chunkBytesMax: number) {
    this.#sodium = sodium
    this.#key = keys.key
    this.#chunkBytesMax = chunkBytesMax
    this.header = writeAnswerHeader(keys.senderKey)
  }

  /** @throws EncryptionKeyInvalidError if the response key can't be used. */
  static async create(init: AnswerSealerInit): Promise<AnswerSealer> {
    const sender = await createEncryptionKey(init.random)
    const { toReceiver } = await agreeAsSender(sender, init.responseKey)
    const key = deriveKey(toReceiver, 'answer', utf8(init.requestId))
    const chunkBytesMax = init.chunkBytesMax ?? ANSWER_CHUNK_BYTES_MAX
    return new AnswerSealer(await loadSodium(), { key, senderKey: sender.publicKey }, chunkBytesMax)
  }

  /**
   * Seals a chunk that others follow.
   *
   * @throws AnswerChunkTooLongError; AnswerEndedError after {@link end}.
   */
  push(text: Uint8Array): Uint8Array {
    return this.#seal(text, false)
  }

  /** Seals the last chunk, which may be empty. Without it the answer counts as cut off. */
  end(text: Uint8Array = new Uint8Array()): Uint8Array {
    const chunk = this.#seal(text, true)
    this.#isEnded = true
    return chunk
  }

  #seal(text: Uint8Array, isLast: boolean): Uint8Array {
    if (this.#isEnded || this.#index >= ANSWER_CHUNKS_MAX) throw new AnswerEndedError()
    if (text.length > this.#chunkBytesMax) throw new AnswerChunkTooLongError(text.length, this.#chunkBytesMax)
    const place = { index: this.#index, isLast }
    this.#index++
    const nonce = chunkNonce(place)
    const sealed = this.#sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(text, null, null, nonce, this.#key)
    return concat(writeChunkPrefix(place), sealed)
  }
}
