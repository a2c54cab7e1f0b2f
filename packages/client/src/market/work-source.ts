import type { Milliseconds } from '@shardline/core'
import type { DriverKeyEntry, PartyId } from '@shardline/identity'
import type { CallOptions } from './market-client.ts'
import type { DriverFilters, MarketDriver } from './market-driver.ts'
import type { MarketNode } from './market-node.ts'
import type { NodeWork } from './node-work.ts'
import type { MarketParticipants, MarketRequest, TokenCounts } from './market-request.ts'

/** What a driver asks for work with. */
export interface WorkAsk {
  /** A UUID, new for each piece of work: the same one again, after a lost answer, gets the same work. */
  readonly key: string
  /** One request. @default the first in line */
  readonly id?: string
  /** Only requests for these models. @default all */
  readonly models?: readonly string[]
}

/** Work that a driver has claimed. Times are milliseconds since 1970. */
export interface MarketWork {
  readonly id: string
  readonly model: string
  readonly user: PartyId
  /** Names the claim: each later call does, and counts for as long as nobody else has claimed. */
  readonly fence: number
  readonly leaseUntilMs: Milliseconds
  readonly deadlineMs: Milliseconds
  /** Microcredits per 1,000,000 tokens, as an exact decimal. */
  readonly lockedPrice: string
  /** Microcredits held for it: what the prompt has to be sealed for. */
  readonly hold: bigint
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  /** What its user demands of the workers. */
  readonly filters: DriverFilters
  /** Base64. */
  readonly sealedPrompt: string
}

/** A call about claimed work. */
export interface Fenced {
  readonly id: string
  readonly fence: number
}

/** Work that a driver holds. */
export interface HeldWork extends Fenced {
  readonly model: string
  /** Milliseconds since 1970. */
  readonly leaseUntilMs: Milliseconds
}

/**
 * Where a driver gets its work from, and says how it goes. Every call is sent again if its answer was lost, and has its
 * effect once. All throw what a {@link MarketClient} throws; MarketRefusedError with `MARKET_FENCE_STALE` means that the
 * work is no longer the driver's.
 */
export interface WorkSource {
  /** The first in line, or undefined when there is none. */
  claim(ask: WorkAsk, options?: CallOptions): Promise<MarketWork | undefined>
  /** Names the participants; the request runs from then on. */
  start(
    ask: Fenced & { readonly participants: MarketParticipants },
    options?: CallOptions,
  ): Promise<MarketRequest>
  /** Says how many tokens were delivered so far, in all; renews the lease. */
  progress(ask: Fenced & { readonly delivered: TokenCounts }, options?: CallOptions): Promise<MarketRequest>
  /** What the driver holds, oldest first, at most a page: also what it claimed before it started anew. */
  claims(options?: CallOptions): Promise<readonly HeldWork[]>
  /** Gives the work back. */
  release(ask: Fenced, options?: CallOptions): Promise<MarketRequest>
  /** Ends the request: nobody is billed, all of the hold goes back, and no further claim answers it. */
  giveUp(
    ask: Fenced & { readonly reason: 'not-answered' | 'proof-lost' },
    options?: CallOptions,
  ): Promise<MarketRequest>
  /** Says that the answer is out, and hands in everyone's signed receipts. */
  deliver(
    ask: Fenced & {
      readonly delivered: TokenCounts
      readonly receipts: readonly Readonly<Record<string, unknown>>[]
    },
    options?: CallOptions,
  ): Promise<MarketRequest>
}

/** What a node says about itself. */
export interface NodeAsk {
  readonly roles: readonly ('driver' | 'worker' | 'validator')[]
  /** Where it listens, `ws://host:port`, `wss://…` or `relay://host:port/id`. @default it only dials out */
  readonly address?: string
  /** Such as `de` or `us-ca`. @default unknown */
  readonly region?: string
  /** Drivers: the key that prompts are sealed to. It goes into the log of driver keys. @default the last one */
  readonly sealingKey?: DriverKeyEntry
  /** Workers and validators: what the machine can do. @default unknown */
  readonly work?: NodeWork
  /** Lowest price of a model at which it works, in whole microcredits per 1,000,000 tokens, as a decimal. @default any */
  readonly priceFloor?: string
}

/** What a driver can do for one model. Has to be said again within a minute. */
export interface CapacityAsk {
  readonly model: string
  readonly tokensPerSecond: number
  readonly numericClass: string
  readonly quantization: string
  readonly workers: readonly PartyId[]
}

/** Where drivers find nodes. Throws what a {@link MarketClient} throws. */
export interface NodeDirectory {
  /** Nodes of a role that can be dialed and said so lately, those first that completed most. */
  nodes(role: 'driver' | 'worker' | 'validator', options?: CallOptions): Promise<readonly MarketNode[]>
}

/** Where nodes say that they are there. Throws what a {@link MarketClient} throws. */
export interface NodeRegistry {
  register(ask: NodeAsk, options?: CallOptions): Promise<void>
  /** Takes the node and its capacities off the market. */
  withdraw(options?: CallOptions): Promise<void>
  reportCapacity(ask: CapacityAsk, options?: CallOptions): Promise<MarketDriver>
  withdrawCapacity(model: string, options?: CallOptions): Promise<void>
}
