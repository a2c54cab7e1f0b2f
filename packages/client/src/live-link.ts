import type { Clock, Log, ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { Link, Message } from '@shardline/wire'
import type { AskExchange } from './ask-exchange.ts'
import { DriverAnswerInvalidError, DriverLostError } from './errors.ts'
import { checkOffer } from './offer.ts'
import type { Offer } from './offer.ts'

/** What a {@link LiveLink} works with. */
export interface LiveLinkComponents {
  readonly link: Link
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** One link to a driver while it lives: keeps the driver's offer, and hands messages to the asks they are for. */
export class LiveLink {
  readonly driver: PartyId
  /** Resolves with the first offer; rejects if none comes before the link ends. */
  readonly offered: Promise<Offer>
  readonly #components: LiveLinkComponents
  readonly #exchanges = new Map<string, AskExchange>()
  #offer: Offer | undefined
  #isOver = false
  #settle: { resolve: (offer: Offer) => void; reject: (error: ShardlineError) => void } | undefined

  constructor(components: LiveLinkComponents, driver: PartyId) {
    this.#components = components
    this.driver = driver
    this.offered = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.offered.catch(() => undefined)
    void this.#read()
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** The driver's latest offer. */
  get offer(): Offer | undefined {
    return this.#offer
  }

  /** Sends an ask, and hands it what comes back. @throws what {@link Link.send} throws. */
  async submit(exchange: AskExchange, sealed: string): Promise<void> {
    this.#exchanges.set(exchange.ask, exchange)
    await this.#components.link.send({ kind: 'ask', ask: exchange.ask, sealed })
  }

  /** Nothing more of this ask is wanted. */
  forget(ask: string, isDone: boolean): void {
    if (!this.#exchanges.delete(ask) || isDone || this.#isOver) return
    this.#components.link.send({ kind: 'ask-cancel', ask }).catch(() => undefined)
  }

  /** Says goodbye. */
  async close(reason: string): Promise<void> {
    await this.#components.link.close(reason)
  }

  async #read(): Promise<void> {
    const { link } = this.#components
    let cause: ShardlineError | undefined
    try {
      for await (const message of link.messages()) await this.#take(message)
    } catch (error) {
      cause = fromUnknown(error)
    }
    this.#isOver = true
    const isOwn = cause !== undefined && !cause.code.startsWith('WIRE_')
    const why = cause?.message ?? link.closeReason ?? 'it was closed'
    const lost = isOwn && cause !== undefined ? cause : new DriverLostError(this.driver, why, cause)
    this.#components.log.info('driver-link-over', { driver: this.driver, code: lost.code, reason: why })
    this.#settle?.reject(lost)
    for (const exchange of this.#exchanges.values()) exchange.fail(lost)
    this.#exchanges.clear()
    if (isOwn) await link.close(why).catch(() => undefined)
  }

  async #take(message: Message): Promise<void> {
    if (message.kind === 'offer') {
      this.#offer = await checkOffer(message, { driver: this.driver, clock: this.#components.clock })
      this.#settle?.resolve(this.#offer)
    } else if (message.kind === 'answer' || message.kind === 'ask-refused') {
      await this.#exchanges.get(message.ask)?.receive(message)
    } else if (message.kind === 'error') {
      throw new DriverLostError(this.driver, `${message.message} [${message.code}]`)
    } else throw new DriverAnswerInvalidError(this.driver, `it sends ${message.kind}`)
  }
}
