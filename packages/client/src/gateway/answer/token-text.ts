import { isUtf8 } from 'node:buffer'

/** OpenAI's value for a token that can't come. */
const LOGPROB_MIN = -9999

/** Text of a token from the hex of its bytes; bytes that are a part of a character only are written as `\xf0\x9f`. */
export function tokenText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  if (isUtf8(bytes)) return bytes.toString('utf8')
  return hex.replaceAll(/../g, (byte) => `\\x${byte}`)
}

/** The bytes of a token, as numbers. */
export function tokenBytes(hex: string): readonly number[] {
  return [...Buffer.from(hex, 'hex')]
}

/** A log-probability as JSON can hold it. */
export function jsonLogprob(logprob: number): number {
  return Number.isFinite(logprob) ? logprob : LOGPROB_MIN
}
