import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Milliseconds, ShardlineError } from '@shardline/core'
import { signatureToWord } from '@shardline/identity'
import { AnswerFields } from './answer-fields.ts'
import { EventFeed } from './event-feed.ts'
import { MarketUnreachableError, WebSocketMissingError } from './market-errors.ts'
import { readEvent } from './market-event.ts'
import type { MarketEvent, MarketEventsOptions } from './market-event.ts'
import type { MarketHttp } from './market-http.ts'
import * as limits from './market-limits.ts'
import type { EventWebSocketConstructor } from './web-socket.ts'

/** Limits of events that can be set. */
export interface EventLimits {
  /** @default MARKET_EVENTS_WAITING_MAX */
  readonly eventsWaitingMax?: number
  /** @default MARKET_EVENTS_SILENCE_MS_MAX */
  readonly eventsSilenceMsMax?: Milliseconds
  /** @default MARKET_EVENTS_TRIES_MAX */
  readonly eventsTriesMax?: number
}

/** What {@link MarketEvents} works with. */
export interface MarketEventsInit {
  readonly http: Pick<MarketHttp, 'ask' | 'sign' | 'address' | 'retryMs'>
  readonly clock: Clock
  readonly webSocket: EventWebSocketConstructor | undefined
  readonly limits: EventLimits
}

/** Subprotocol that a market answers to; a signature stands after it. */
const SUBPROTOCOL = 'shardline'

/**
 * Events of a market over a WebSocket, connected again whenever it breaks, falls silent or is read too slowly. Each
 * connection begins with how things stand, so what happened in between shows there.
 */
export class MarketEvents {
  readonly #init: MarketEventsInit

  constructor(init: MarketEventsInit) {
    this.#init = init
  }

  /**
   * Connects, and connects again, until the loop is left or the signal aborts.
   *
   * @yields how things stand after each connection, then what happens.
   * @throws WebSocketMissingError; what a connection that fails over and over fails with.
   */
  async *subscribe(options: MarketEventsOptions): AsyncGenerator<MarketEvent, undefined> {
    const { clock, limits: settings } = this.#init
    const { eventsTriesMax = limits.MARKET_EVENTS_TRIES_MAX } = settings
    const { signal } = options
    const isOver = (): boolean => signal?.aborted === true
    for (let tries = 1; !isOver(); tries++) {
      const feed = await this.#connect(options)
      try {
        for await (const event of feed) {
          tries = 0
          yield event
        }
      } finally {
        feed.close()
      }
      if (isOver()) return
      if (tries > 0) await this.#checkAccess(options)
      if (tries >= eventsTriesMax) throw this.#unreachable(tries)
      try {
        await clock.sleep(this.#init.http.retryMs(Math.max(1, tries)), signal === undefined ? {} : { signal })
      } catch (cause) {
        if (cause instanceof AbortedError) return
        throw cause
      }
    }
  }

  async #connect({ topics, model, signal }: MarketEventsOptions): Promise<EventFeed> {
    const { http, clock, webSocket, limits: settings } = this.#init
    if (webSocket === undefined) throw new WebSocketMissingError()
    const query = new URLSearchParams({ topics: topics.join(','), ...(model === undefined ? {} : { model }) })
    const path = `/v1/events?${query.toString()}`
    const isSigned = topics.includes('requests')
    const words = isSigned ? [signatureToWord(await http.sign({ method: 'GET', path }))] : []
    const socket = new webSocket(`${http.address.replace(/^http/, 'ws')}${path}`, [SUBPROTOCOL, ...words])
    return new EventFeed({
      socket,
      clock,
      signal,
      waitingMax: settings.eventsWaitingMax ?? limits.MARKET_EVENTS_WAITING_MAX,
      silenceMsMax: settings.eventsSilenceMsMax ?? limits.MARKET_EVENTS_SILENCE_MS_MAX,
      read: (text) => readEvent(new AnswerFields(parse(text), { address: http.address, place: 'an event' })),
    })
  }

  /** A WebSocket doesn't say why it was refused; a call does. */
  async #checkAccess({ topics, signal }: MarketEventsOptions): Promise<void> {
    const isSigned = topics.includes('requests')
    const path = isSigned ? '/v1/balance' : '/v1/market'
    try {
      await this.#init.http.ask({ method: 'GET', path, isSigned, signal })
    } catch (cause) {
      const error: ShardlineError = fromUnknown(cause)
      if (!error.retryable && !(error instanceof AbortedError)) throw error
    }
  }

  #unreachable(tries: number): MarketUnreachableError {
    return new MarketUnreachableError(this.#init.http.address, `events ended ${tries} times before the first`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
