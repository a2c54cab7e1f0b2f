import type { MarketNode, NodeDirectory } from '@shardline/client'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import { MARKET_LOOK_MS } from '../limits.ts'
import { describePassedOver, splitByFloor } from './price-floors.ts'
import { chooseStages } from './choose-stages.ts'
import type { FoundStages, StageSource, StageWatcher } from './stage-source.ts'

/** What {@link MarketStages} work with. */
export interface MarketStagesComponents {
  readonly directory: NodeDirectory
  /** The model's price now, an exact decimal of microcredits per 1,000,000 tokens; undefined if the market has none. */
  readonly price: (options: { readonly signal?: AbortSignal }) => Promise<string | undefined>
  readonly clock: Clock
  readonly log: Log
}

/** Options of {@link MarketStages}. */
export interface MarketStagesInit {
  /** Bytes that all layers take. */
  readonly bytesNeeded: number
  /** Workers that it takes, where that is said. @default as few as hold the model */
  readonly workersWanted: number | undefined
  /** Who is no stage: the driver itself. */
  readonly self: PartyId
  /** Told who isn't used because of the price, each time that it changes; empty when nobody is any more. */
  readonly onPassedOver?: (note: string) => void
  /** Time between two looks while a pipeline runs. @default MARKET_LOOK_MS */
  readonly lookMs?: Milliseconds
}

interface Listed {
  readonly workers: readonly MarketNode[]
  readonly validators: readonly MarketNode[]
}

/** Nodes that a market lists. */
export class MarketStages implements StageSource {
  readonly #components: MarketStagesComponents
  readonly #init: MarketStagesInit
  /** Addresses that were found or told of. */
  #told = new Set<string>()
  #passedOver = ''
  /** Of the workers that were found last: one of another class would change the text of what it takes over. */
  #numericClass: string | undefined

  constructor(components: MarketStagesComponents, init: MarketStagesInit) {
    this.#components = components
    this.#init = init
  }

  get notes(): readonly string[] {
    return this.#passedOver === '' ? [] : [this.#passedOver]
  }

  /** Asks the market. @throws NodesMissingError; what asking a market throws. */
  async find({ signal }: { readonly signal: AbortSignal | undefined }): Promise<FoundStages> {
    if (signal?.aborted === true) throw new AbortedError('finding stages', signal.reason)
    const listed = await this.#list(signal)
    const found = chooseStages(listed, this.#init)
    const first = listed.workers.find((node) => addressOf(node) === found.workers[0])
    this.#numericClass = first?.work?.numericClass
    this.#told = new Set(addressesOf(found).map(([, address]) => address))
    return found
  }

  /** Looks again from time to time. While the market is away, nobody comes or goes. */
  watch(watcher: StageWatcher): () => void {
    const over = new AbortController()
    void this.#watch(watcher, over.signal)
    return () => over.abort()
  }

  async #watch(watcher: StageWatcher, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#components
    for (;;) {
      await clock.sleep(this.#init.lookMs ?? MARKET_LOOK_MS, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        const listed = await this.#list(signal)
        if (!signal.aborted) this.#tell(listed, watcher)
      } catch (cause) {
        const { code, message: reason } = fromUnknown(cause)
        if (!signal.aborted) log.debug('market-not-asked', { code, reason })
      }
    }
  }

  #tell(listed: Listed, watcher: StageWatcher): void {
    const here = new Set([...listed.workers, ...listed.validators].map(addressOf))
    for (const address of this.#told) {
      if (here.has(address)) continue
      this.#told.delete(address)
      watcher.went(address)
    }
    const workers = listed.workers.filter(({ work }) => work?.numericClass === this.#numericClass)
    for (const [role, address] of addressesOf(chooseStages({ ...listed, workers }, this.#init))) {
      if (this.#told.has(address)) continue
      this.#told.add(address)
      watcher.came({ role, address })
    }
  }

  async #list(signal: AbortSignal | undefined): Promise<Listed> {
    const { directory, price } = this.#components
    const options = signal === undefined ? {} : { signal }
    const [workers, validators, now] = await Promise.all([
      directory.nodes('worker', options),
      directory.nodes('validator', options),
      price(options),
    ])
    const ofWorkers = splitByFloor(workers, now)
    const ofValidators = splitByFloor(validators, now)
    this.#passOver([...ofWorkers.passedOver, ...ofValidators.passedOver], now)
    return { workers: ofWorkers.usable, validators: ofValidators.usable }
  }

  #passOver(nodes: readonly MarketNode[], price: string | undefined): void {
    const note = describePassedOver(nodes, price)
    if (note === this.#passedOver) return
    this.#passedOver = note
    const parties = [...new Set(nodes.map(({ node }) => node))]
    this.#components.log.info('nodes-passed-over', { price: price ?? null, parties })
    this.#init.onPassedOver?.(note)
  }
}

function addressesOf(found: FoundStages): readonly (readonly ['worker' | 'validator', string])[] {
  const workers = [...found.workers, ...found.spares.workers]
  const validators = [found.validator, ...found.spares.validators]
  return [
    ...workers.map((address) => ['worker', address] as const),
    ...validators.map((address) => ['validator', address] as const),
  ]
}

function addressOf({ address, node }: MarketNode): string {
  return `${address}#${node}`
}
