import { RemoteError } from '@shardline/core'
import type { ErrorDetails } from '@shardline/core'
import { MarketAnswerError, MarketUnreachableError } from '../errors.ts'
import { MARKET_ANSWER_BYTES_MAX, MARKET_ANSWER_MS_MAX } from '../limits.ts'

/** Where a market is asked, and how long one waits for it. */
export interface FetchMarketInit {
  /** `http://host:port` or `https://…`, with or without a path before the market's own. */
  readonly address: string
  /** Path and query, such as `/v1/prices`. */
  readonly path: string
  readonly signal: AbortSignal
}

/**
 * Asks a market for something that is for everyone.
 *
 * @throws MarketUnreachableError; MarketAnswerError if what answers is no market; RemoteError with the market's own code.
 */
export async function fetchMarket(init: FetchMarketInit): Promise<Readonly<Record<string, unknown>>> {
  const response = await send(init)
  const body = parse(await readText(response, init), init.address)
  if (response.ok) return body
  const error = body['error']
  if (!isObject(error) || typeof error['code'] !== 'string' || typeof error['message'] !== 'string') {
    throw new MarketAnswerError(init.address, `status ${response.status}`)
  }
  const details = isObject(error['details']) ? (error['details'] as ErrorDetails) : {}
  throw new RemoteError(error['code'], error['message'], details)
}

async function send({ address, path, signal }: FetchMarketInit): Promise<Response> {
  const timeout = AbortSignal.timeout(MARKET_ANSWER_MS_MAX)
  try {
    return await fetch(`${address}${path}`, {
      redirect: 'error',
      signal: AbortSignal.any([signal, timeout]),
    })
  } catch (cause) {
    signal.throwIfAborted()
    throw new MarketUnreachableError(address, timeout.aborted ? 'no answer in time' : reasonOf(cause), cause)
  }
}

async function readText(response: Response, { address, signal }: FetchMarketInit): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const part of response.body ?? []) {
      bytes += part.length
      if (bytes > MARKET_ANSWER_BYTES_MAX) throw new MarketAnswerError(address, 'a longer answer')
      parts.push(part)
    }
  } catch (cause) {
    if (cause instanceof MarketAnswerError) throw cause
    signal.throwIfAborted()
    throw new MarketUnreachableError(address, reasonOf(cause), cause)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(text: string, address: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Falls through: text that is no JSON and JSON that is no object are the same to the caller.
  }
  throw new MarketAnswerError(address, 'something else than a JSON object')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Fetch hides the system's reason in the cause. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return inner instanceof Error ? inner.message || inner.name : String(inner)
}
