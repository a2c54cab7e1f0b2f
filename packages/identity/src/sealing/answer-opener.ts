import { utf8 } from '../bytes.ts'
import { deriveKey } from '../derive-key.ts'
import {
  AnswerBrokenError,
  AnswerChunkTooLongError,
  AnswerEndedError,
  AnswerReorderedError,
  AnswerTruncatedError,
} from '../errors.ts'
import { ANSWER_CHUNK_BYTES_MAX } from '../limits.ts'
import { loadSodium } from '../sodium.ts'
import type { Sodium } from '../sodium.ts'
import { CHUNK_OVERHEAD_BYTES, CHUNK_PREFIX_BYTES, chunkNonce, readChunkPrefix } from './answer-chunk.ts'
import type { ChunkPlace } from './answer-chunk.ts'
import { readAnswerHeader } from './answer-header.ts'
import { agreeAsReceiver } from './encryption-key.ts'
import type { HistoryKey } from './history-key.ts'

/** What {@link AnswerOpener.create} takes. */
export interface AnswerOpenerInit {
  /** The bytes before the first chunk. */
  readonly header: Uint8Array
  readonly requestId: string
  /** Of the user who asked. */
  readonly historyKey: HistoryKey
  /** @default ANSWER_CHUNK_BYTES_MAX */
  readonly chunkBytesMax?: number
}

/** Opens one answer, chunk by chunk in order: while it streams, or years later. */
export class AnswerOpener {
  readonly #sodium: Sodium
  readonly #key: Uint8Array
  readonly #chunkBytesMax: number
  #index = 0
  #isEnded = false

  private constructor(sodium: Sodium, key: Uint8Array, chunkBytesMax: number) {
    this.#sodium = sodium
    this.#key = key
    this.#chunkBytesMax = chunkBytesMax
  }

  /** @throws AnswerMalformedError or EncryptionKeyInvalidError if the header is none. */
  static async create(init: AnswerOpenerInit): Promise<AnswerOpener> {
    const senderKey = readAnswerHeader(init.header)
    const receiver = await init.historyKey.responseKey(init.requestId)
    const { toReceiver } = await agreeAsReceiver(receiver, senderKey)
    const key = deriveKey(toReceiver, 'answer', utf8(init.requestId))
    return new AnswerOpener(await loadSodium(), key, init.chunkBytesMax ?? ANSWER_CHUNK_BYTES_MAX)
  }

  /** Whether the last chunk was opened. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /**
   * The text of the next chunk.
   *
   * @throws AnswerReorderedError if it is not the next one; AnswerBrokenError if it was changed or is for someone else;
   * AnswerEndedError after the last; AnswerChunkTooLongError; AnswerMalformedError.
   */
  open(chunk: Uint8Array): Uint8Array {
    const place = readChunkPrefix(chunk)
    if (this.#isEnded) throw new AnswerEndedError()
    if (chunk.length > this.#chunkBytesMax + CHUNK_OVERHEAD_BYTES) {
      throw new AnswerChunkTooLongError(chunk.length - CHUNK_OVERHEAD_BYTES, this.#chunkBytesMax)
    }
    if (place.index !== this.#index) throw new AnswerReorderedError(place.index, this.#index)
    const text = this.#decrypt(chunk, place)
    this.#index++
    this.#isEnded = place.isLast
    return text
  }

  /** Call it when nothing more comes. @throws AnswerTruncatedError if the last chunk is missing. */
  finish(): void {
    if (!this.#isEnded) throw new AnswerTruncatedError(this.#index)
  }

  #decrypt(chunk: Uint8Array, place: ChunkPlace): Uint8Array {
    const ciphertext = chunk.subarray(CHUNK_PREFIX_BYTES)
    try {
      return this.#sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        null,
        ciphertext,
        null,
        chunkNonce(place),
        this.#key,
      )
    } catch (cause) {
      throw new AnswerBrokenError(place.index, cause)
    }
  }
}
