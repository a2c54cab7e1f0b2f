import type { DriverKeyEntry, PartyId } from '@shardline/identity'
import type { ModelId } from '../ids.ts'

/** What a node can do in a pipeline. */
export const ROLES = ['driver', 'worker', 'validator'] as const

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number]

/** What a node says about itself. */
export interface NodeInit {
  readonly roles: readonly Role[]
  /** `ws://`, `wss://` or `relay://` address where it listens; undefined when it only dials out. */
  readonly address?: string
  /** ISO 3166-1 alpha-2 code in lower case, optionally with a subdivision: `de`, `us-ca`. */
  readonly region?: string
  /** Drivers: the key that prompts are sealed to, signed by the node. It goes into the log of driver keys. @default the last one */
  readonly sealingKey?: DriverKeyEntry
  /** @default unknown */
  readonly work?: NodeWork
  /**
   * The lowest price of a model at which it works, in microcredits per 1,000,000 tokens: the whole price, as the market
   * quotes it. Drivers heed it when they choose stages. @default any
   */
  readonly priceFloor?: bigint
}

/** What a worker or a validator says that its machine can do. Drivers ask it again before they plan. */
export interface NodeWork {
  /** Results are byte-equal within one class; see the engine's documentation. */
  readonly numericClass: string
  /** Bytes that plans may use. */
  readonly memoryBytes: number
  /** Milliseconds for a billion multiply-adds of single tokens. */
  readonly decodeMs: number
}

/** A node that can be dialed, as everyone may see it. */
export interface NodeListing {
  readonly node: PartyId
  readonly roles: readonly Role[]
  readonly address: string
  readonly region: string | undefined
  /** Undefined if it never said. */
  readonly work: NodeWork | undefined
  /** Microcredits per 1,000,000 tokens of a model; undefined works at any price. */
  readonly priceFloor: bigint | undefined
  readonly reputation: Reputation
}

/** What a driver says its pipelines of one model can do. Holds for CAPACITY_MS_MAX unless said again. */
export interface CapacityInit {
  readonly model: ModelId
  readonly tokensPerSecond: number
  /** Results are byte-equal within one class; see the engine's documentation. */
  readonly numericClass: string
  /** Such as `q4`, `q8`, `f32`. */
  readonly quantization: string
  /** Workers that serve behind it. */
  readonly workers: readonly PartyId[]
}

/** A driver with its live capacity for one model, as everyone may see it. */
export interface DriverListing {
  readonly driver: PartyId
  readonly model: ModelId
  readonly address: string | undefined
  readonly region: string | undefined
  /** The newest that it put into the log; undefined if it never did. */
  readonly sealingKey: DriverKeyEntry | undefined
  readonly numericClass: string
  readonly quantization: string
  readonly workers: readonly PartyId[]
  /** Tokens per second that count: the lower of what it says and what its receipts show. */
  readonly tokensPerSecond: number
  readonly reportedTokensPerSecond: number
  readonly reputation: Reputation
}

/** What is known of a node by its work. */
export interface Reputation {
  readonly completed: number
  readonly failed: number
  readonly flagged: number
  /** 5th percentile of Beta(1 + successes, 1 + failures): what it's ranked by. */
  readonly score: number
  /** Share of comparisons that it won, with its interval; undefined below 30 comparisons. */
  readonly preference:
    | { readonly compared: number; readonly ratio: number; readonly low: number; readonly high: number }
    | undefined
}
