import type { PartyId } from '@shardline/identity'
import { fromUnknown } from '@shardline/core'
import type { MarketEvent } from '../events/market-events.ts'
import type { ModelId } from '../ids.ts'
import type { Market } from '../market.ts'
import type { ModelPrice } from '../price/quote.ts'
import type { Request } from '../request/request.ts'
import { toJson } from './shapes/to-json.ts'

/** What a subscriber can ask for. */
export type EventTopic = 'requests' | 'prices'

/** The part of a WebSocket that a feed needs. */
export interface EventSocket {
  /** Bytes that wait to be taken by the network. */
  readonly bufferedAmount: number
  send(text: string): void
  ping(): void
  close(code: number, reason: string): void
  terminate(): void
}

/** First message to a subscriber: how things stand. What happens after it comes as events. */
export interface EventState {
  readonly type: 'state'
  readonly prices: readonly ModelPrice[] | undefined
  /** The subscriber's newest own requests. */
  readonly requests: readonly Request[] | undefined
}

/** What one subscriber gets. */
export interface EventFeedInit {
  readonly socket: EventSocket
  readonly market: Pick<Market, 'prices' | 'requests'>
  readonly topics: readonly EventTopic[]
  /** Who signed the upgrade; undefined gets prices only. */
  readonly party: PartyId | undefined
  /** Only prices of this model. */
  readonly model: ModelId | undefined
  readonly bufferBytesMax: number
  readonly eventsWaitingMax: number
}

/** WebSocket's close code for "try again later" (RFC 6455 registry). */
const TRY_AGAIN_LATER = 1013

/**
 * Events to one subscriber. Tells first how things stand, then what happens; what happens while the first is being read
 * waits, so that nothing falls between. A subscriber that doesn't keep up is closed: it connects again and gets the state.
 */
export class EventFeed {
  readonly #init: EventFeedInit
  #waiting: MarketEvent[] | undefined = []
  #isOpen = true
  #hasAnswered = true

  constructor(init: EventFeedInit) {
    this.#init = init
  }

  /** Sends the state, then what has come meanwhile. Never rejects: a feed that can't begin is closed. */
  async begin(): Promise<void> {
    try {
      this.#send(await this.#readState())
      for (const event of this.#waiting ?? []) this.#send(event)
      this.#waiting = undefined
    } catch (cause) {
      this.close(TRY_AGAIN_LATER, fromUnknown(cause).code)
    }
  }

  /** Passes an event on if it's for this subscriber. */
  offer(event: MarketEvent): void {
    if (!this.#isOpen || !this.#isFor(event)) return
    if (this.#waiting === undefined) {
      this.#send(event)
      return
    }
    if (this.#waiting.length >= this.#init.eventsWaitingMax) this.close(TRY_AGAIN_LATER, 'too slow')
    else this.#waiting.push(event)
  }

  /** Asks for a sign of life; cuts the subscriber off if it owes the last one. */
  ping(): void {
    if (!this.#hasAnswered) {
      this.#isOpen = false
      this.#init.socket.terminate()
      return
    }
    this.#hasAnswered = false
    this.#init.socket.ping()
  }

  /** The subscriber gave a sign of life. */
  answered(): void {
    this.#hasAnswered = true
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#init.socket.close(code, reason)
  }

  #isFor(event: MarketEvent): boolean {
    const { topics, party, model } = this.#init
    if (event.type === 'price') {
      return topics.includes('prices') && (model === undefined || model === event.model)
    }
    return topics.includes('requests') && (party === event.user || party === event.driver)
  }

  async #readState(): Promise<EventState> {
    const { market, topics, party, model } = this.#init
    const prices = topics.includes('prices') ? await market.prices() : undefined
    const requests =
      topics.includes('requests') && party !== undefined ? await market.requests(party) : undefined
    return {
      type: 'state',
      prices: prices?.filter((price) => model === undefined || price.model === model),
      requests,
    }
  }

  #send(message: MarketEvent | EventState): void {
    if (!this.#isOpen) return
    const { socket, bufferBytesMax } = this.#init
    if (socket.bufferedAmount > bufferBytesMax) {
      this.close(TRY_AGAIN_LATER, 'too slow')
      return
    }
    socket.send(JSON.stringify(toJson<unknown>(message)))
  }
}
