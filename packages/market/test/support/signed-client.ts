import { systemClock, systemRandom } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { signRequest } from '@shardline/identity'
import type { Identity } from '@shardline/identity'

/** A failure as the market answers it. */
export interface AnsweredError {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>
}

/** An answer as it came. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Undefined when it's no JSON. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** Of a failure. */
  readonly error: AnsweredError | undefined
}

/** What may be changed about a request that is otherwise right. */
export interface AskInit {
  readonly as?: Identity
  readonly body?: unknown
  /** Bytes to send instead of the body as JSON. */
  readonly bytes?: Uint8Array
  readonly audience?: string
  readonly clock?: Pick<Clock, 'now'>
  /** Headers that win over those of the signature. */
  readonly headers?: Readonly<Record<string, string>>
  /** Headers to leave out. */
  readonly without?: readonly string[]
}

/** Asks a market over HTTP, signed if it's told as whom. */
export class SignedClient {
  readonly #address: string
  readonly #audience: string

  constructor(address: string, audience: string) {
    this.#address = address
    this.#audience = audience
  }

  async ask(method: string, path: string, init: AskInit = {}): Promise<Answer> {
    const body = init.bytes ?? (init.body === undefined ? undefined : Buffer.from(JSON.stringify(init.body)))
    const headers: Record<string, string> = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(init.as === undefined ? {} : this.sign(method, path, { ...init, as: init.as, body })),
      ...init.headers,
    }
    for (const name of init.without ?? []) delete headers[name]
    const response = await fetch(`${this.#address}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    })
    const text = await response.text()
    const parsed = parse(text)
    const error = parsed?.['error'] as AnsweredError | undefined
    return { status: response.status, headers: response.headers, text, body: parsed, error }
  }

  sign(
    method: string,
    path: string,
    init: {
      readonly as: Identity
      readonly body?: Uint8Array | undefined
      readonly audience?: string
      readonly clock?: Pick<Clock, 'now'>
    },
  ): Record<string, string> {
    return {
      ...signRequest({
        identity: init.as,
        clock: init.clock ?? systemClock,
        random: systemRandom,
        method,
        path,
        body: init.body,
        audience: init.audience ?? this.#audience,
      }),
    }
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}
