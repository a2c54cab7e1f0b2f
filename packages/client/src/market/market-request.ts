import type { PartyId } from '@shardline/identity'
import type { AnswerFields } from './answer-fields.ts'

/** Where a request can stand: see docs/concepts/settlement.md. */
export const MARKET_REQUEST_STATES = [
  'QUOTED',
  'PENDING',
  'CLAIMED',
  'RUNNING',
  'DELIVERED',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
  'REFUSED',
] as const

/** One of {@link MARKET_REQUEST_STATES}. */
export type MarketRequestState = (typeof MARKET_REQUEST_STATES)[number]

/** Tokens of both kinds. */
export interface TokenCounts {
  readonly prompt: number
  readonly output: number
}

/** Who takes part in answering a request. */
export interface MarketParticipants {
  readonly validator: PartyId
  /** In the order of their layers; `first` and `last` are both included. */
  readonly workers: readonly { readonly node: PartyId; readonly first: number; readonly last: number }[]
  readonly layerCount: number
}

/** How the escrow of a request was divided: payouts + fee + refund = hold, in microcredits. */
export interface MarketSettlement {
  readonly isDone: boolean
  readonly billed: bigint
  readonly fee: bigint
  readonly refund: bigint
  readonly payouts: readonly { readonly node: PartyId; readonly amount: bigint }[]
}

/** A request as the market shows it to its parties. Times are milliseconds since 1970. */
export interface MarketRequest {
  /** A UUID. */
  readonly id: string
  readonly state: MarketRequestState
  readonly model: string
  readonly user: PartyId
  readonly driver: PartyId
  /** Microcredits per 1,000,000 tokens, as an exact decimal. Never changes. */
  readonly lockedPrice: string
  /** Microcredits held in escrow: the most that it can cost. Prompts are sealed for it. */
  readonly hold: bigint
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  readonly priority: number
  /** Grows with each claim; 0 before the first. */
  readonly fence: number
  /** Claims so far. */
  readonly attempts: number
  readonly delivered: TokenCounts
  readonly acknowledged: TokenCounts
  readonly participants: MarketParticipants | undefined
  /** Why it ended as it did: a word of the market. */
  readonly endReason: string | undefined
  readonly settlement: MarketSettlement | undefined
  readonly createdAtMs: number
  readonly deadlineMs: number
  readonly leaseUntilMs: number | undefined
  readonly endedAtMs: number | undefined
}

/** @throws MarketAnswerError */
export function readRequest(fields: AnswerFields): MarketRequest {
  return {
    id: fields.text('id'),
    state: fields.word('state', MARKET_REQUEST_STATES),
    model: fields.text('model'),
    user: fields.party('user'),
    driver: fields.party('driver'),
    lockedPrice: fields.text('lockedPrice'),
    hold: fields.whole('hold'),
    promptTokensMax: fields.number('promptTokensMax'),
    outputTokensMax: fields.number('outputTokensMax'),
    priority: fields.number('priority'),
    fence: fields.number('fence'),
    attempts: fields.number('attempts'),
    delivered: readCounts(fields.fields('delivered')),
    acknowledged: readCounts(fields.fields('acknowledged')),
    participants: fields.maybe('participants', (from) => readParticipants(from.fields('participants'))),
    endReason: fields.maybe('endReason', (from) => from.text('endReason')),
    settlement: fields.maybe('settlement', (from) => readSettlement(from.fields('settlement'))),
    createdAtMs: fields.number('createdAtMs'),
    deadlineMs: fields.number('deadlineMs'),
    leaseUntilMs: fields.maybe('leaseUntilMs', (from) => from.number('leaseUntilMs')),
    endedAtMs: fields.maybe('endedAtMs', (from) => from.number('endedAtMs')),
  }
}

function readCounts(fields: AnswerFields): TokenCounts {
  return { prompt: fields.number('prompt'), output: fields.number('output') }
}

function readParticipants(fields: AnswerFields): MarketParticipants {
  return {
    validator: fields.party('validator'),
    workers: fields.list('workers', (worker) => ({
      node: worker.party('node'),
      first: worker.number('first'),
      last: worker.number('last'),
    })),
    layerCount: fields.number('layerCount'),
  }
}

function readSettlement(fields: AnswerFields): MarketSettlement {
  return {
    isDone: fields.flag('isDone'),
    billed: fields.whole('billed'),
    fee: fields.whole('fee'),
    refund: fields.whole('refund'),
    payouts: fields.list('payouts', (payout) => ({
      node: payout.party('node'),
      amount: payout.whole('amount'),
    })),
  }
}
