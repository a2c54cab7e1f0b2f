import type { RequestHeaders } from './signed-request.ts'

/** What a signed request's headers are, in their order in the word. */
const HEADERS = ['shardline-party', 'shardline-time', 'shardline-nonce', 'shardline-signature'] as const
const START = 'shardline-signature'

/**
 * A request's signature as one word, for where no headers can be set: pages in a browser can only name subprotocols
 * when they open a WebSocket (RFC 6455, 1.9). It has no characters but those of a token (RFC 9110, 5.6.2).
 */
export function signatureToWord(headers: RequestHeaders): string {
  return [START, ...HEADERS.map((name) => headers[name])].join('.')
}

/** The headers of a signature among words with commas between, as in `Sec-WebSocket-Protocol`; undefined without one. They are not checked. */
export function signatureFromWords(words: string): Readonly<Record<string, string>> | undefined {
  const word = words.split(',').find((candidate) => candidate.trim().startsWith(`${START}.`))
  if (word === undefined) return undefined
  const [, ...values] = word.trim().split('.')
  if (values.length !== HEADERS.length) return undefined
  return Object.fromEntries(HEADERS.map((name, place) => [name, values[place] ?? '']))
}
