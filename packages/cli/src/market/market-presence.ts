import { fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, ShardlineError } from '@shardline/core'
import type { CapacityAsk, NodeAsk, NodeRegistry } from '@shardline/client'
import { PRESENCE_MS, PRESENCE_RENEW_MS, PRESENCE_RETRY_MS, PRESENCE_WITHDRAW_MS_MAX } from '../limits.ts'

/** What a {@link MarketPresence} works with. */
export interface MarketPresenceComponents {
  readonly registry: NodeRegistry
  readonly clock: Clock
  readonly log: Log
}

/** Options of a {@link MarketPresence}. */
export interface MarketPresenceInit {
  /** What the node says about itself now. */
  readonly node: () => Promise<NodeAsk>
  /** What it can do now, if it is a driver. @default nothing */
  readonly capacities?: () => Promise<readonly CapacityAsk[]>
  /** Told when the market can't be reached at first; it is tried again then. */
  readonly onAway: (error: ShardlineError) => void
}

/**
 * A node on a market for as long as its process serves: registers it, says again what it can do before that is forgotten,
 * and takes it off at the end. While the market is away it tries again.
 */
export class MarketPresence implements AsyncDisposable {
  readonly #components: MarketPresenceComponents
  readonly #init: MarketPresenceInit
  readonly #over = new AbortController()
  #registered = ''
  #registeredMs = 0
  #offered: readonly string[] = []
  #keeping: Promise<void> = Promise.resolve()

  constructor(components: MarketPresenceComponents, init: MarketPresenceInit) {
    this.#components = components
    this.#init = init
  }

  /** Registers the node. @throws what a market refuses it with; that none can be reached is only told. */
  async start(): Promise<void> {
    let isThere = true
    try {
      await this.#say()
    } catch (cause) {
      const error = fromUnknown(cause)
      if (!error.retryable) throw error
      isThere = false
      this.#init.onAway(error)
    }
    this.#keeping = this.#keep(isThere ? PRESENCE_MS : PRESENCE_RETRY_MS)
  }

  /** Takes the node off the market, if that can be asked soon. May be called twice. */
  async stop(): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    await this.#keeping
    const { registry, clock, log } = this.#components
    const done = new AbortController()
    const late = new AbortController()
    clock.sleep(PRESENCE_WITHDRAW_MS_MAX, { signal: done.signal }).then(
      () => late.abort(),
      () => undefined,
    )
    try {
      await registry.withdraw({ signal: late.signal })
    } catch (cause) {
      log.info('market-not-left', { code: fromUnknown(cause).code })
    } finally {
      done.abort()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #keep(firstMs: Milliseconds): Promise<void> {
    const { clock, log } = this.#components
    const { signal } = this.#over
    for (let waitMs = firstMs; ;) {
      await clock.sleep(waitMs, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        await this.#say()
        waitMs = PRESENCE_MS
      } catch (cause) {
        const { code, message: reason } = fromUnknown(cause)
        if (!signal.aborted) log.warn('market-not-told', { code, reason })
        waitMs = PRESENCE_RETRY_MS
        // Whatever market answers next may know nothing of it.
        this.#registered = ''
      }
    }
  }

  async #say(): Promise<void> {
    const { registry, clock, log } = this.#components
    const options = { signal: this.#over.signal }
    const node = await this.#init.node()
    const words = JSON.stringify(node)
    const isNews = words !== this.#registered
    if (isNews || clock.monotonic() - this.#registeredMs >= PRESENCE_RENEW_MS) {
      await registry.register(node, options)
      this.#registered = words
      this.#registeredMs = clock.monotonic()
      if (isNews) log.info('market-joined', { roles: node.roles, address: node.address ?? null })
    }
    const capacities = (await this.#init.capacities?.()) ?? []
    for (const capacity of capacities) await registry.reportCapacity(capacity, options)
    const models = capacities.map(({ model }) => model)
    const gone = this.#offered.filter((model) => !models.includes(model))
    this.#offered = models
    for (const model of gone) await registry.withdrawCapacity(model, options)
  }
}
