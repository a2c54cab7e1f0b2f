import { CleanupStack } from '@shardline/core'
import type { Clock, Log, Random } from '@shardline/core'
import type { DriverKeyEntry, Identity, PartyId } from '@shardline/identity'
import type { Link, Listener, OfferMessage, Transport } from '@shardline/wire'
import { PipelineSettingInvalidError } from '../errors.ts'
import { Admission } from './admission.ts'
import { AskIds } from './ask-ids.ts'
import { Capacities } from './capacities.ts'
import type { ServedCapacity } from './capacities.ts'
import { ClientLink } from './client-link.ts'
import type { ClientLinkComponents } from './client-link.ts'
import type { AskMarket } from './paid/ask-market.ts'
import { Payment } from './paid/payment.ts'
import { PipelineHost } from './pipeline-host.ts'
import { RotatingKeyRing } from './sealing-key-ring.ts'
import type { SealingKeyRing } from './sealing-key-ring.ts'
import type { ServedModel } from './served-model.ts'
import { servedPipeline } from './served-pipeline.ts'
import type { ServedPipeline } from './served-pipeline.ts'
import { SEALING_KEY_CHECK_MS } from './service-limits.ts'
import { resolveServiceSettings } from './service-settings.ts'
import type { ServiceLimits, ServiceSettings } from './service-settings.ts'

/** Collaborators of {@link serveAnswers}. They stay the caller's. */
export interface ServeComponents {
  /** Accepts clients in the name of `identity`. */
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly identity: Identity
  /** @default keys that are made anew each few days, and forgotten with the service */
  readonly keys?: SealingKeyRing
}

/** Options of {@link serveAnswers}. */
export interface ServeInit {
  /** Address to listen on, for example `ws://127.0.0.1:0`. */
  readonly listen: string
  /** At least one; the names differ. */
  readonly models: readonly ServedModel[]
  readonly limits?: ServiceLimits
  /** Who pays for answers. @default nobody: they cost nothing */
  readonly payment?: PaymentOptions
}

/** How answers are paid for. */
export interface PaymentOptions {
  readonly market: AskMarket
  /** Whether asks that the market knows nothing of are answered for nothing. @default false */
  readonly isUnpaidTaken?: boolean
}

/** What a service did and does. */
export interface ServiceCounters {
  readonly links: number
  /** Answers that run or wait. */
  readonly answersOpen: number
  readonly answersRunning: number
  readonly answersWaiting: number
  /** Answers that are out, and that the market hasn't taken yet. */
  readonly deliveriesPending: number
  readonly asksAnswered: number
  /** Refused and failed ones, by code. */
  readonly asksFailed: ReadonlyMap<string, number>
}

/** A service that answers asks. */
export interface AnswerService extends AsyncDisposable {
  /** Address that clients dial. */
  readonly address: string
  readonly driver: PartyId
  /** Who signs the tokens now, as far as proved. */
  readonly validators: readonly PartyId[]
  readonly counters: ServiceCounters
  /** What it does with each model. */
  readonly pipelines: readonly ServedPipeline[]
  /** What it can do for each model whose pipeline works now. Asks a new pipeline for a short answer once. Never rejects. */
  capacities(): Promise<readonly ServedCapacity[]>
  /** The key that prompts are sealed to now. */
  sealingKey(): Promise<DriverKeyEntry>
  /** Begins nothing new, lets what runs end for a while, then ends everything. May be called twice. */
  stop(): Promise<void>
}

/**
 * Forms a pipeline for each model, then answers the sealed asks of clients over it until it is stopped. A pipeline that
 * breaks ends its answers by name, and is formed anew.
 *
 * @throws PipelineSettingInvalidError, AddressUnusableError, and what forming a pipeline throws; nothing is left then.
 */
export async function serveAnswers(components: ServeComponents, init: ServeInit): Promise<AnswerService> {
  const settings = resolveServiceSettings(init.limits)
  const names = new Set(init.models.map(({ name }) => name))
  if (names.size === 0 || names.size < init.models.length) {
    throw new PipelineSettingInvalidError(
      'a service needs at least one model, and each under a name of its own',
    )
  }
  await using building = new CleanupStack()
  const payment = paymentOf(components, init.payment, settings)
  building.add(async () => payment?.stop(settings.deliveryStopMsMax))
  // Users whose driver died shouldn't wait until pipelines are formed, too.
  payment?.begin()
  const hosts: PipelineHost[] = []
  for (const model of init.models) {
    const host = new PipelineHost(components, {
      model,
      answersRunningMax: settings.answersRunningMax,
      answersRunningPerFreeMax: settings.answersRunningPerFreeMax,
      retryMsMin: settings.pipelineRetryMsMin,
      retryMsMax: settings.pipelineRetryMsMax,
    })
    building.add(() => host.stop())
    await host.start()
    hosts.push(host)
  }
  const { identity, clock, random } = components
  const keys = components.keys ?? new RotatingKeyRing({ identity, clock, random })
  const service = new Service(
    {
      ...components,
      keys,
      hosts,
      admission: new Admission(settings),
      askIds: new AskIds(clock, {
        idsMax: settings.askIdsMax,
        idsPerOwnerMax: settings.askIdsPerIdentityMax,
      }),
      payment,
    },
    settings,
  )
  const listener = await components.transport.listen(init.listen, (link) => service.accept(link))
  service.begin(listener, building.release())
  return service
}

function paymentOf(
  { clock, random, log, identity }: ServeComponents,
  options: PaymentOptions | undefined,
  settings: ServiceSettings,
): Payment | undefined {
  if (options === undefined) return undefined
  const { market, isUnpaidTaken = false } = options
  return new Payment({ market, clock, random, log, identity }, { settings, isUnpaidTaken })
}

class Service implements AnswerService {
  readonly driver: PartyId
  readonly #components: ClientLinkComponents
  readonly #settings: ServiceSettings
  readonly #links = new Set<ClientLink>()
  readonly #serving = new Set<Promise<void>>()
  readonly #over = new AbortController()
  readonly #failed = new Map<string, number>()
  readonly #capacities: Capacities
  #listener: Listener | undefined
  #cleanup: CleanupStack = new CleanupStack()
  #answered = 0
  #linkCount = 0
  #stopping: Promise<void> | undefined

  constructor(components: ClientLinkComponents, settings: ServiceSettings) {
    this.driver = components.identity.id
    this.#components = components
    this.#settings = settings
    this.#capacities = new Capacities(components.hosts)
  }

  get address(): string {
    return this.#listener?.address ?? ''
  }

  get validators(): readonly PartyId[] {
    const stages = this.#components.hosts.flatMap(({ latest }) => latest?.stages ?? [])
    const parties = stages.flatMap(({ role, party }) =>
      role === 'validator' && party !== undefined ? [party] : [],
    )
    return [...new Set(parties)]
  }

  get counters(): ServiceCounters {
    const { hosts, admission, payment } = this.#components
    return {
      links: this.#links.size,
      answersOpen: admission.open,
      answersRunning: hosts.reduce((sum, { slots }) => sum + slots.running, 0),
      answersWaiting: hosts.reduce((sum, { slots }) => sum + slots.waiting, 0),
      deliveriesPending: payment?.deliveries.pending ?? 0,
      asksAnswered: this.#answered,
      asksFailed: new Map(this.#failed),
    }
  }

  get pipelines(): readonly ServedPipeline[] {
    return this.#components.hosts.map(servedPipeline)
  }

  capacities(): Promise<readonly ServedCapacity[]> {
    return this.#capacities.read()
  }

  sealingKey(): Promise<DriverKeyEntry> {
    return this.#components.keys.current()
  }

  /** Takes what it is stopped with, and begins to look after its key. */
  begin(listener: Listener, cleanup: CleanupStack): void {
    this.#listener = listener
    this.#cleanup = cleanup
    this.#keepKey().catch(() => undefined) // Ends when the service does.
  }

  accept(link: Link): void {
    const client = new ClientLink(link, this.#components, {
      name: `link ${++this.#linkCount}`,
      settings: this.#settings,
      onEnded: (code) => this.#count(code),
    })
    this.#links.add(client)
    const serving = client
      .serve(() => this.#offer())
      .finally(() => {
        this.#links.delete(client)
        this.#serving.delete(serving)
      })
    this.#serving.add(serving)
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #count(code: string | undefined): void {
    if (code === undefined) this.#answered += 1
    else this.#failed.set(code, (this.#failed.get(code) ?? 0) + 1)
  }

  async #stop(): Promise<void> {
    const { clock, log } = this.#components
    log.info('service-stopping', { answersOpen: this.counters.answersOpen })
    const drained = new AbortController()
    const patience = clock.sleep(this.#settings.stopMsMax, { signal: drained.signal }).catch(() => undefined)
    await Promise.race([Promise.all([...this.#links].map((link) => link.drain())), patience])
    drained.abort()
    this.#over.abort()
    await Promise.all([...this.#links].map((link) => link.close('the driver is stopped')))
    await this.#listener?.close()
    await Promise.all(this.#serving)
    await this.#components.payment?.stop(this.#settings.deliveryStopMsMax)
    await this.#cleanup.run()
  }

  async #offer(): Promise<OfferMessage> {
    const models = this.#components.hosts.map(({ model }) => ({
      model: model.name,
      digest: model.digest,
      contextLength: model.contextLength,
      layerCount: model.layerCount,
      hasChat: model.chatTemplate !== undefined,
      hasTools: model.chatTemplate?.takesTools ?? false,
    }))
    return { kind: 'offer', models, sealingKey: JSON.stringify(await this.#components.keys.current()) }
  }

  /** Offers a new key to all clients when there is one. */
  async #keepKey(): Promise<void> {
    const { clock, keys } = this.#components
    let { sequence } = await keys.current()
    for (;;) {
      await clock.sleep(SEALING_KEY_CHECK_MS, { signal: this.#over.signal })
      const current = await keys.current()
      if (current.sequence === sequence) continue
      sequence = current.sequence
      const offer = await this.#offer()
      await Promise.all([...this.#links].map((link) => link.offer(offer)))
    }
  }
}
