import { concat, uint32 } from '../bytes.ts'
import { PromptTooLongError, SealMalformedError } from '../errors.ts'
import { PROMPT_BYTES_MAX, PROMPT_PADDING_BYTES } from '../limits.ts'
import { ENCRYPTION_KEY_BYTES } from './encryption-key.ts'

/** What lies inside the seal. */
export interface PromptContent {
  /** The bytes that the user sent, in whatever form client and driver agreed on. */
  readonly prompt: Uint8Array
  /** The user's X25519 key that the answer is sealed to. Only who opened the prompt knows it. */
  readonly responseKey: Uint8Array
}

const LENGTH_BYTES = 4
const START = ENCRYPTION_KEY_BYTES + LENGTH_BYTES

/**
 * Response key, length of the prompt in 4 bytes, prompt, zeros up to a multiple of the padding.
 *
 * @throws PromptTooLongError over the limit.
 */
export function writePromptContent(content: PromptContent, bytesMax: number = PROMPT_BYTES_MAX): Uint8Array {
  const { prompt, responseKey } = content
  if (prompt.length > bytesMax) throw new PromptTooLongError(prompt.length, bytesMax)
  const length = START + prompt.length
  const padding = (PROMPT_PADDING_BYTES - (length % PROMPT_PADDING_BYTES)) % PROMPT_PADDING_BYTES
  return concat(responseKey, uint32(prompt.length), prompt, new Uint8Array(padding))
}

/** @throws SealMalformedError if the sender wrote something else. */
export function readPromptContent(bytes: Uint8Array): PromptContent {
  if (bytes.length < START) throw new SealMalformedError('its content is too short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(ENCRYPTION_KEY_BYTES)
  if (START + length > bytes.length) throw new SealMalformedError('its content is shorter than it says')
  return {
    responseKey: bytes.slice(0, ENCRYPTION_KEY_BYTES),
    prompt: bytes.slice(START, START + length),
  }
}
