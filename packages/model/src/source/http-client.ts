import type { Clock } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import { SourceProtocolError, SourceRefusedError } from '../errors.ts'
import { HUB_ANSWER_BYTES_MAX, REDIRECTS_MAX, REQUEST_IDLE_MS_MAX } from '../limits.ts'
import type { RetryComponents, RetryOptions } from './retry.ts'
import { Retrying, TransientError } from './retry.ts'

/** Options of everything that goes over HTTP. */
export interface HttpOptions extends RetryOptions {
  /** Time without an answer or a further byte after which a connection counts as dropped. @default REQUEST_IDLE_MS_MAX */
  readonly idleMsMax?: number
}

/** Collaborators and settings of an {@link HttpClient}. */
export interface HttpClientInit extends RetryComponents, HttpOptions {
  /** Sent as bearer token, but only to `tokenOrigin`. */
  readonly token: string | undefined
  /** Origin that may see the token. */
  readonly tokenOrigin: string | undefined
}

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Whether a redirect to another origin is the answer instead of being followed. @default false */
  readonly isOriginKept?: boolean
  readonly signal?: AbortSignal | undefined
}

/** An answer whose body still has to be read. */
export interface HttpAnswer extends AsyncDisposable {
  readonly status: number
  /** Headers of the last answer. */
  readonly headers: Headers
  /** Headers of the server that was asked, before a redirect led elsewhere. */
  readonly firstHeaders: Headers
  /** Where the last answer came from. */
  readonly url: URL
  /** The body; ends early or throws if the connection breaks or stalls. */
  chunks(): AsyncIterable<Uint8Array>
}

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * HTTP as downloads need it: redirects are followed by hand so that the token never leaves the hub's own origin, silence
 * counts as a broken connection, and what another attempt may cure is told from what it can't.
 */
export class HttpClient {
  readonly #init: HttpClientInit

  constructor(init: HttpClientInit) {
    this.#init = init
  }

  /** A run of attempts with this client's settings. */
  retrying(): Retrying {
    return new Retrying(this.#init, this.#init)
  }

  /**
   * Sends one request, once, following redirects.
   *
   * @throws TransientError (or what fetch throws) if another attempt may help; SourceRefusedError for other statuses that
   * are no success; SourceProtocolError for redirects that can't be followed; AbortedError.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const patience = new Patience(
      this.#init.clock,
      this.#init.idleMsMax ?? REQUEST_IDLE_MS_MAX,
      request.signal,
    )
    try {
      const { response, url, firstHeaders } = await this.#follow(request, patience)
      return new Answer(response, { url, firstHeaders, patience })
    } catch (cause) {
      patience.stop()
      throw patience.explain(cause)
    }
  }

  /** The JSON body of an answer to GET, through all attempts. @throws SourceProtocolError if it is none or too long. */
  async json(url: URL, signal: AbortSignal | undefined): Promise<unknown> {
    const address = addressOf(url)
    const bytes = await this.retrying().run(
      address,
      async () => {
        await using answer = await this.send({
          method: 'GET',
          url,
          signal,
          headers: { accept: 'application/json' },
        })
        return readAll(answer, address)
      },
      signal,
    )
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch (cause) {
      throw new SourceProtocolError(address, 'it is no JSON', cause)
    }
  }

  async #follow(
    request: HttpRequest,
    patience: Patience,
  ): Promise<{ response: Response; url: URL; firstHeaders: Headers }> {
    let url = request.url
    let firstHeaders: Headers | undefined
    for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
      const asked = fetch(url, {
        method: request.method,
        headers: this.#headersFor(url, request),
        redirect: 'manual',
        signal: patience.signal,
      })
      const response = await patience.bound(asked)
      patience.touch()
      firstHeaders = hubHeaders(firstHeaders, response, url.origin === request.url.origin)
      if (!REDIRECT_STATUSES.has(response.status)) {
        await patience.bound(checkStatus(response, url))
        return { response, url, firstHeaders }
      }
      await patience.bound(Promise.resolve(response.body?.cancel()))
      const target = redirectTarget(response, url)
      if (request.isOriginKept === true && target.origin !== url.origin)
        return { response, url, firstHeaders }
      url = target
    }
    throw new SourceProtocolError(addressOf(request.url), `it redirects more than ${REDIRECTS_MAX} times`)
  }

  #headersFor(url: URL, request: HttpRequest): Record<string, string> {
    const { token, tokenOrigin } = this.#init
    // Without "identity" a server may compress, and ranges would count compressed bytes.
    const headers: Record<string, string> = {
      'accept-encoding': 'identity',
      'user-agent': 'shardline',
      ...request.headers,
    }
    if (token !== undefined && url.origin === tokenOrigin) headers['authorization'] = `Bearer ${token}`
    return headers
  }
}

/** An address for messages: without credentials and without a query, which may hold a signature. */
export function addressOf(url: URL): string {
  return `${url.origin}${url.pathname}`
}

/** Of several answers, the first one, unless a later one of the same server says what its redirect is linked to. */
function hubHeaders(first: Headers | undefined, response: Response, isSameOrigin: boolean): Headers {
  if (first === undefined) return response.headers
  return isSameOrigin && !first.has('x-linked-etag') && response.headers.has('x-linked-etag')
    ? response.headers
    : first
}

async function readAll(answer: HttpAnswer, address: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.chunks()) {
    bytes += chunk.length
    if (bytes > HUB_ANSWER_BYTES_MAX)
      throw new SourceProtocolError(address, `it is longer than ${HUB_ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function checkStatus(response: Response, url: URL): Promise<void> {
  if (response.ok) return
  await response.body?.cancel()
  if (!TRANSIENT_STATUSES.has(response.status)) throw new SourceRefusedError(addressOf(url), response.status)
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
  throw new TransientError(`it answers ${response.status}`, { retryAfterMs })
}

function redirectTarget(response: Response, from: URL): URL {
  const location = response.headers.get('location')
  const to =
    location === null || !URL.canParse(location, from.href) ? undefined : new URL(location, from.href)
  if (to === undefined || !/^https?:$/.test(to.protocol))
    throw new SourceProtocolError(addressOf(from), 'it redirects to no valid address')
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new SourceProtocolError(addressOf(from), 'it redirects from https to http')
  return to
}

/** Aborts a request that is silent for too long, or whose caller gave up. */
class Patience {
  readonly #controller = new AbortController()
  readonly #done = new AbortController()
  readonly #caller: AbortSignal | undefined
  readonly #onAbort = (): void => this.#controller.abort()
  #isTouched = false
  #isSilent = false

  constructor(clock: Clock, idleMs: number, caller: AbortSignal | undefined) {
    this.#caller = caller
    if (caller?.aborted === true) this.#controller.abort()
    caller?.addEventListener('abort', this.#onAbort)
    void this.#watch(clock, idleMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  touch(): void {
    this.#isTouched = true
  }

  stop(): void {
    this.#caller?.removeEventListener('abort', this.#onAbort)
    this.#done.abort()
  }

  /**
   * What `work` comes to, or the abort if that comes first. An abort is asked of `fetch` and its streams too, but a
   * stream that is aborted just between two of its states may never say so, and nobody may wait for it then.
   */
  bound<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#controller
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(fromUnknown(signal.reason))
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  /** What an error means, now that it is known who aborted. */
  explain(cause: unknown): unknown {
    if (this.#caller?.aborted === true) return new AbortedError('the download', this.#caller.reason)
    return this.#isSilent ? new TransientError('the server is silent', { cause }) : cause
  }

  /** A silence is noticed after one to two times `idleMs`: cheaper than a timer for each chunk. */
  async #watch(clock: Clock, idleMs: number): Promise<void> {
    try {
      do {
        this.#isTouched = false
        await clock.sleep(idleMs, { signal: this.#done.signal })
      } while (this.#isTouched)
      this.#isSilent = true
      this.#controller.abort()
    } catch {
      return
    }
  }
}

class Answer implements HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly firstHeaders: Headers
  readonly url: URL
  readonly #response: Response
  readonly #patience: Patience

  constructor(
    response: Response,
    init: { readonly url: URL; readonly firstHeaders: Headers; readonly patience: Patience },
  ) {
    this.status = response.status
    this.headers = response.headers
    this.firstHeaders = init.firstHeaders
    this.url = init.url
    this.#response = response
    this.#patience = init.patience
  }

  async *chunks(): AsyncIterable<Uint8Array> {
    if (this.#response.body === null) return
    const reader = this.#response.body.getReader()
    try {
      for (;;) {
        const { done, value } = await this.#patience.bound(reader.read())
        if (done) return
        this.#patience.touch()
        yield value
      }
    } catch (cause) {
      throw this.#patience.explain(cause)
    } finally {
      reader.cancel().catch(() => undefined)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#patience.stop()
    if (this.#response.body?.locked === false) await this.#response.body.cancel().catch(() => undefined)
  }
}
