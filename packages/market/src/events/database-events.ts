import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Log, Service } from '@shardline/core'
import type { LedgerDatabase, Listening } from '@shardline/ledger'
import { LISTEN_RETRY_MS, LISTEN_RETRY_MS_MAX } from '../limits.ts'
import type { MarketEvent, MarketEvents } from './market-events.ts'
import { EVENTS_CHANNEL } from './publish.ts'

/** What {@link DatabaseEvents} works with. */
export interface DatabaseEventsInit {
  readonly database: Pick<LedgerDatabase, 'listen'>
  readonly clock: Clock
  readonly log: Log
}

interface Subscriber {
  readonly onEvent: (event: MarketEvent) => void
  readonly onMissed: () => void
}

/**
 * The events of all replicas, as the database tells them (LISTEN/NOTIFY). When its connection is lost it listens again,
 * with waits that double, and then says that what happened meanwhile is missed.
 */
export class DatabaseEvents implements MarketEvents, Service {
  readonly #init: DatabaseEventsInit
  readonly #subscribers = new Set<Subscriber>()
  readonly #stopping = new AbortController()
  #listening: Listening | undefined
  #again: Promise<void> | undefined

  constructor(init: DatabaseEventsInit) {
    this.#init = init
  }

  /** Listens from here on. */
  async start(): Promise<void> {
    await this.#listen()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#subscribers.clear()
    await this.#again
    await this.#listening?.stop()
  }

  subscribe(onEvent: (event: MarketEvent) => void, onMissed: () => void = () => undefined): () => void {
    const subscriber = { onEvent, onMissed }
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  async #listen(): Promise<void> {
    this.#listening = await this.#init.database.listen({
      channel: EVENTS_CHANNEL,
      onPayload: (payload) => this.#tell(payload),
      onLost: (error) => {
        this.#again = this.#listenAgain(error)
      },
    })
  }

  async #listenAgain(lost: unknown): Promise<void> {
    const { clock, log } = this.#init
    const { signal } = this.#stopping
    log.warn('events-lost', { code: fromUnknown(lost).code })
    for (let waitMs = LISTEN_RETRY_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, LISTEN_RETRY_MS_MAX)) {
      try {
        await clock.sleep(waitMs, { signal })
        await this.#listen()
        log.info('events-back')
        this.#toAll(({ onMissed }) => onMissed())
        return
      } catch (cause) {
        if (cause instanceof AbortedError) return
        log.warn('events-retry', { code: fromUnknown(cause).code, waitMs })
      }
    }
  }

  #tell(payload: string): void {
    const event = readEvent(payload)
    if (event === undefined) {
      this.#init.log.warn('event-unreadable', { chars: payload.length })
      return
    }
    this.#toAll(({ onEvent }) => onEvent(event))
  }

  #toAll(tell: (subscriber: Subscriber) => void): void {
    for (const subscriber of this.#subscribers) {
      try {
        tell(subscriber)
      } catch (cause) {
        this.#init.log.error('event-subscriber-failed', { code: fromUnknown(cause).code })
      }
    }
  }
}

/** Reads what `publish` wrote; undefined for what something else said on the channel. */
function readEvent(payload: string): MarketEvent | undefined {
  try {
    const event = JSON.parse(payload) as MarketEvent
    if (event.type === 'request') return event
    return event.type === 'price' ? { ...event, seq: BigInt(event.seq) } : undefined
  } catch {
    return undefined
  }
}
