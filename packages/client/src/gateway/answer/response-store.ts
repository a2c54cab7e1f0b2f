import type { AskTurn } from '@shardline/wire'
import type { GatewaySettings } from '../gateway-settings.ts'

/** A response that can be continued, and shown again. */
export interface KeptResponse {
  /** What was said up to and with it, without the instructions. */
  readonly turns: readonly AskTurn[]
  /** The response as it was given. */
  readonly body: Readonly<Record<string, unknown>>
}

interface Entry {
  readonly response: KeptResponse
  readonly chars: number
}

/** Responses in the gateway's memory; the oldest are forgotten first. Nothing is written anywhere. */
export class ResponseStore {
  readonly #settings: Pick<GatewaySettings, 'responsesKeptMax' | 'responsesKeptCharsMax'>
  /** In the order in which they were kept. */
  readonly #entries = new Map<string, Entry>()
  #chars = 0

  constructor(settings: Pick<GatewaySettings, 'responsesKeptMax' | 'responsesKeptCharsMax'>) {
    this.#settings = settings
  }

  /** Keeps a response, unless it alone is over the limit. */
  keep(id: string, response: KeptResponse): void {
    const chars = JSON.stringify(response).length
    const { responsesKeptMax, responsesKeptCharsMax } = this.#settings
    if (chars > responsesKeptCharsMax || responsesKeptMax === 0) return
    this.#entries.set(id, { response, chars })
    this.#chars += chars
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= responsesKeptMax && this.#chars <= responsesKeptCharsMax) return
      this.forget(oldest)
    }
  }

  /** A response; undefined if it isn't remembered. */
  find(id: string): KeptResponse | undefined {
    return this.#entries.get(id)?.response
  }

  /** Forgets a response; says whether it was there. */
  forget(id: string): boolean {
    const entry = this.#entries.get(id)
    if (entry === undefined) return false
    this.#entries.delete(id)
    this.#chars -= entry.chars
    return true
  }
}
