import type { PartyId } from '@shardline/identity'
import type { AnswerFields } from './answer-fields.ts'

/** What is known of a driver by its work. */
export interface DriverReputation {
  readonly completed: number
  readonly failed: number
  readonly flagged: number
  /** 5th percentile of Beta(1 + successes, 1 + failures): what the list is ordered by. */
  readonly score: number
  /** Share of comparisons that it won, with its interval; undefined while there are too few. */
  readonly preference:
    | { readonly compared: number; readonly ratio: number; readonly low: number; readonly high: number }
    | undefined
}

/** A driver with live capacity for one model. */
export interface MarketDriver {
  readonly driver: PartyId
  readonly model: string
  /** `ws://` or `wss://` address; undefined when it only dials out. */
  readonly address: string | undefined
  readonly region: string | undefined
  /** Whether it has put a key into the log of driver keys: without one nothing can be sealed to it. */
  readonly hasKey: boolean
  readonly numericClass: string
  readonly quantization: string
  readonly workers: readonly PartyId[]
  /** Tokens per second that count: the lower of what it says and what its receipts show. */
  readonly tokensPerSecond: number
  readonly reportedTokensPerSecond: number
  readonly reputation: DriverReputation
}

/** What a user demands of a driver and its workers. */
export interface DriverFilters {
  /** Only these drivers. */
  readonly drivers?: readonly PartyId[]
  /** Only these workers. */
  readonly workers?: readonly PartyId[]
  readonly trustedWorkersOnly?: boolean
  readonly completedMin?: number
  /** 0 to 1. */
  readonly successRatioMin?: number
  /** 0 to 1. */
  readonly preferenceMin?: number
  /** Such as `de` or `us-ca`. */
  readonly region?: string
  /** Microcredits per 1,000,000 tokens, as a decimal. */
  readonly maxPrice?: string
  readonly maxTimeMs?: number
  readonly numericClass?: string
  readonly quantization?: string
}

/** @throws MarketAnswerError */
export function readDriver(fields: AnswerFields): MarketDriver {
  return {
    driver: fields.party('driver'),
    model: fields.text('model'),
    address: fields.maybe('address', (from) => from.text('address')),
    region: fields.maybe('region', (from) => from.text('region')),
    hasKey: fields.has('sealingKey'),
    numericClass: fields.text('numericClass'),
    quantization: fields.text('quantization'),
    workers: fields.parties('workers'),
    tokensPerSecond: fields.number('tokensPerSecond'),
    reportedTokensPerSecond: fields.number('reportedTokensPerSecond'),
    reputation: readReputation(fields.fields('reputation')),
  }
}

function readReputation(fields: AnswerFields): DriverReputation {
  return {
    completed: fields.number('completed'),
    failed: fields.number('failed'),
    flagged: fields.number('flagged'),
    score: fields.number('score'),
    preference: fields.maybe('preference', (from) => {
      const preference = from.fields('preference')
      return {
        compared: preference.number('compared'),
        ratio: preference.number('ratio'),
        low: preference.number('low'),
        high: preference.number('high'),
      }
    }),
  }
}
