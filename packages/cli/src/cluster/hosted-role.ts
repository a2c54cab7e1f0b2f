import type { NodeWork } from '@shardline/client'
import { createLog, systemClock } from '@shardline/core'
import type { LayerRange, ShardlineError } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import type { Precision } from '@shardline/model'
import { Enlistment, formatPeerAddress } from '@shardline/node'
import type {
  EnlistmentState,
  EnlistOffer,
  Machine,
  NodeCounters,
  NodeInvite,
  NodePipeline,
} from '@shardline/node'
import type { Validator } from '@shardline/validator'
import { ENLIST_ADDRESSES_MAX, ENLIST_MODELS_MAX, isRelayAddress } from '@shardline/wire'
import type { Worker } from '@shardline/worker'
import type { CommandContext } from '../commands/command-context.ts'
import type { MarketPresence } from '../market/market-presence.ts'
import type { ListenPlaces } from './listen-places.ts'
import { nodeName, SOFTWARE } from './node-name.ts'
import { openTransport } from './open-transport.ts'
import { linkSecurity } from './role-key.ts'
import type { RoutedTransport } from './routed-transport.ts'
import { machineOf, serveValidator, serveWorker } from './serve-role.ts'

/** Options of a {@link HostedRole}. */
export interface HostedRoleInit {
  readonly role: 'worker' | 'validator'
  readonly identity: Identity
  /** Ids of who may connect; undefined is everybody. */
  readonly allow: readonly string[] | undefined
  readonly places: ListenPlaces
  readonly options: HostedRoleOptions
  /** Models that it serves, as drivers name them. @default every one */
  readonly models?: readonly string[]
  /** @default the one that it runs on */
  readonly machine?: Machine
  /** The driver that it was invited by. @default none */
  readonly invite?: NodeInvite | undefined
  /** Told how it stands with that driver. */
  readonly onEnlistment?: (state: EnlistmentState) => void
}

/** What a role is told by its command line. */
export interface HostedRoleOptions {
  readonly name: string | undefined
  readonly relay: readonly string[]
  /** The only model to serve. */
  readonly model: string | undefined
  readonly precision: Precision | undefined
  readonly layers?: LayerRange | undefined
  readonly threads: number | undefined
  readonly spin: boolean
  /** Whether it gives the model's files to other nodes. @default false */
  readonly shareWeights?: boolean | undefined
  /** Whether it may have them from others. @default false */
  readonly weightsFromNodes?: boolean | undefined
  readonly market: string | undefined
  readonly region: string | undefined
  /** Microcredits per 1,000,000 tokens. @default any price */
  readonly priceFloor?: bigint | undefined
}

/** A worker or a validator in this process: reached where it is told to listen, and on the market that it works for. */
export class HostedRole {
  readonly #init: HostedRoleInit
  readonly #context: CommandContext
  readonly #transport: RoutedTransport
  readonly #service: Worker | Validator
  readonly #machine: Machine
  /** Its name in reports. */
  readonly node: string
  #presence: MarketPresence | undefined
  #enlistment: Enlistment | undefined

  constructor(init: HostedRoleInit, context: CommandContext) {
    const { role, identity, allow, places, options, models, machine } = init
    const { config, random } = context
    const node = options.name ?? nodeName(role, random)
    const log = createLog({ level: config.logLevel, fields: { role, node } })
    this.#init = init
    this.node = node
    this.#context = context
    this.#transport = openTransport(
      { clock: systemClock, log, random },
      {
        self: { node, role, software: SOFTWARE },
        security: linkSecurity(identity, allow),
        relays: options.relay,
        isRelayedOnly: places.isRelayedOnly,
      },
    )
    const { cacheFolder } = config
    this.#machine = machine ?? machineOf({ cacheFolder, threads: options.threads, isSpinning: options.spin })
    const serve = role === 'worker' ? serveWorker : serveValidator
    this.#service = serve({
      node,
      transport: this.#transport,
      listen: places.listen,
      model: options.model,
      models,
      precision: options.precision,
      layers: options.layers,
      threads: options.threads,
      isSpinning: options.spin,
      isSharing: options.shareWeights ?? false,
      weights: options.weightsFromNodes === true ? { random } : undefined,
      cacheFolder,
      hub: config.hub,
      log,
      identity,
      machine: this.#machine,
    })
  }

  /** Which role it is. */
  get role(): HostedRoleInit['role'] {
    return this.#init.role
  }

  /** Who it is. */
  get identity(): Identity {
    return this.#init.identity
  }

  /** Where it is dialed, the way in that is told first; empty before `start`. */
  get address(): string {
    return this.#service.address ?? ''
  }

  /** The same of all ways in, with its id. */
  get peerAddresses(): readonly string[] {
    const { publicKey } = this.identity
    return this.#transport.addresses.map((address) => formatPeerAddress(address, publicKey))
  }

  /** What it has done so far. */
  get counters(): NodeCounters {
    return this.#service.counters
  }

  /** The pipelines that it has a part in now. */
  get pipelines(): readonly NodePipeline[] {
    return this.#service.pipelines
  }

  /** How it stands with the driver that it was invited by; undefined if it was by none. */
  get enlistment(): EnlistmentState | undefined {
    return this.#enlistment?.state
  }

  /** Resolves if that driver refuses it for good. Never rejects. */
  get refused(): Promise<ShardlineError> {
    return this.#enlistment?.refused ?? new Promise(() => undefined)
  }

  /** @throws AddressUnusableError if it can't listen; what a market, or the driver that it was invited by, refuses it with. */
  async start(): Promise<void> {
    await this.#service.start()
    try {
      this.#presence = await this.#join()
      this.#enlistment = await this.#enlist()
    } catch (cause) {
      await this.#presence?.stop()
      await this.#service.stop()
      throw cause
    }
  }

  /** Leaves whom it works for, lets answers end for a while, and stops. `signal` ends the waiting. */
  async drain(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#leave()
    await this.#service.drain(options)
  }

  /** Leaves whom it works for, and stops. */
  async stop(): Promise<void> {
    await this.#leave()
    await this.#service.stop()
  }

  async #leave(): Promise<void> {
    await Promise.all([this.#presence?.stop(), this.#enlistment?.stop('it is stopped')])
  }

  /** Enlists it with the driver that invited it. */
  async #enlist(): Promise<Enlistment | undefined> {
    const { role, invite, onEnlistment, models = [], options } = this.#init
    if (invite === undefined) return undefined
    const { clock, random, config } = this.#context
    const log = createLog({ level: config.logLevel, fields: { role, node: this.node } })
    // Measured now, so that the driver needs no patience with it.
    await Promise.all([this.#machine.numericClass(), this.#machine.speed()])
    const offer = async (): Promise<EnlistOffer> => ({
      addresses: this.#transport.addresses.slice(0, ENLIST_ADDRESSES_MAX),
      models: models.slice(0, ENLIST_MODELS_MAX),
      memoryBytes: this.#machine.memory().freeBytes,
      threads: options.threads ?? 0,
    })
    const enlistment = new Enlistment(
      { transport: this.#transport, clock, random, log },
      { invite, offer, ...(onEnlistment === undefined ? {} : { onState: onEnlistment }) },
    )
    await enlistment.start()
    return enlistment
  }

  /** Puts it on the market that it was told to work for. */
  async #join(): Promise<MarketPresence | undefined> {
    const { role, identity, options } = this.#init
    const context = this.#context
    if (options.market === undefined) return undefined
    const { joinMarket, openWorkSource } = await import('../market/join-market.ts')
    const log = createLog({ level: context.config.logLevel, fields: { role } })
    const market = openWorkSource(options.market, identity, context)
    const address = this.#transport.addresses.find(isRelayAddress) ?? this.address
    const work = (): Promise<NodeWork> => workOf(this.#machine)
    const { priceFloor } = options
    return joinMarket({ market, role, address, options, log, work, priceFloor }, context)
  }
}

/** Memory is told in steps, so that a market isn't told of every breath. */
const MEMORY_STEP_BYTES = 256 * 1024 * 1024

async function workOf(machine: Machine): Promise<NodeWork> {
  const [numericClass, { decodeMs }] = await Promise.all([machine.numericClass(), machine.speed()])
  const { freeBytes } = machine.memory()
  const steps = Math.floor(freeBytes / MEMORY_STEP_BYTES)
  return { numericClass, memoryBytes: steps * MEMORY_STEP_BYTES, decodeMs }
}
