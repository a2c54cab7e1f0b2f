import type { Clock, Milliseconds } from '@shardline/core'
import { MarketAnswerError, MarketUnreachableError } from './market-errors.ts'

/** The part of Fetch that is needed: the runtime's own, or one that goes another way. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** An answer as it came. */
export interface Answer {
  /** HTTP status. */
  readonly status: number
  readonly text: string
}

/** What {@link fetchAnswer} takes. */
export interface FetchAnswerInit {
  readonly url: string
  /** Where the market is, for messages. */
  readonly address: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer> | undefined
  readonly clock: Clock
  readonly fetch: Fetch
  readonly signal: AbortSignal | undefined
  readonly msMax: Milliseconds
  readonly bytesMax: number
}

/**
 * Sends one HTTP request, and reads the whole answer within its bounds of time and length. Redirections aren't followed:
 * what was signed for one place must not go to another.
 *
 * @throws MarketUnreachableError if no whole answer comes in time; MarketAnswerError if it is too long or no text.
 */
export async function fetchAnswer(init: FetchAnswerInit): Promise<Answer> {
  const { url, address, method, headers, body, clock, msMax } = init
  const over = new AbortController()
  const late = new AbortController()
  clock.sleep(msMax, { signal: over.signal }).then(
    () => late.abort(),
    () => undefined,
  )
  const signals = init.signal === undefined ? [late.signal] : [late.signal, init.signal]
  try {
    const response = await init.fetch(url, {
      method,
      headers: { ...headers },
      redirect: 'error',
      signal: AbortSignal.any(signals),
      ...(body === undefined ? {} : { body }),
    })
    return { status: response.status, text: await readText(response, init) }
  } catch (cause) {
    if (cause instanceof MarketAnswerError) throw cause
    const why = late.signal.aborted ? `no whole answer within ${msMax} ms` : reasonOf(cause)
    throw new MarketUnreachableError(address, why, cause)
  } finally {
    over.abort()
  }
}

async function readText(response: Response, { address, bytesMax }: FetchAnswerInit): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let [text, bytes] = ['', 0]
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decode(decoder, undefined, address)
    bytes += value.length
    if (bytes > bytesMax) {
      await reader.cancel().catch(() => undefined)
      throw new MarketAnswerError(address, `its answer is longer than ${bytesMax} bytes, the limit`)
    }
    text += decode(decoder, value, address)
  }
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  part: Uint8Array | undefined,
  address: string,
): string {
  try {
    return part === undefined ? decoder.decode() : decoder.decode(part, { stream: true })
  } catch {
    throw new MarketAnswerError(address, 'its answer is not in UTF-8')
  }
}

/** Fetch hides the system's reason in the cause. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return inner instanceof Error ? inner.message || inner.name : String(inner)
}
