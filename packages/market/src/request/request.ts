import type { PartyId } from '@shardline/identity'
import type { ModelId, RequestId } from '../ids.ts'
import type { RequestState } from './request-state.ts'

/** Tokens of both kinds. */
export interface TokenCounts {
  readonly prompt: number
  readonly output: number
}

/** Why a request ended as it did. Words from this list only: nobody's text is ever stored. */
export type EndReason =
  | 'settled'
  | 'insufficient-credits'
  | 'prompt-never-came'
  | 'cancelled-by-user'
  | 'nobody-claimed'
  | 'attempts-used-up'
  | 'deadline-passed'
  | 'proof-rejected'
  | 'nothing-acknowledged'
  | 'not-answered'
  | 'proof-lost'

/** One worker's part of a pipeline. */
export interface WorkerPart {
  readonly node: PartyId
  /** First layer, from 0. */
  readonly first: number
  /** Last layer, included. */
  readonly last: number
}

/** Who takes part in answering a request: fixed by its driver at the start, under one fence. */
export interface Participants {
  readonly validator: PartyId
  /** In the order of their layers; empty when the driver runs all layers itself. */
  readonly workers: readonly WorkerPart[]
  /** Layers of the model. */
  readonly layerCount: number
}

/** How the escrow of a request was divided. All amounts in microcredits; payouts + fee + refund = hold. */
export interface Settlement {
  readonly isDone: boolean
  readonly billed: bigint
  readonly fee: bigint
  readonly refund: bigint
  readonly payouts: readonly { readonly node: PartyId; readonly amount: bigint }[]
}

/** A request as its parties may see it. */
export interface Request {
  readonly id: RequestId
  readonly state: RequestState
  readonly model: ModelId
  readonly user: PartyId
  readonly driver: PartyId
  /** Microcredits per 1,000,000 tokens, as an exact decimal. Never changes. */
  readonly lockedPrice: string
  /** Microcredits held in escrow. */
  readonly hold: bigint
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  /** 0 to 9; higher is served first. */
  readonly priority: number
  /** Grows with each claim; 0 before the first. Writes that name an older one are refused. */
  readonly fence: number
  /** Claims so far. */
  readonly attempts: number
  readonly delivered: TokenCounts
  readonly acknowledged: TokenCounts
  readonly participants: Participants | undefined
  readonly endReason: EndReason | undefined
  readonly settlement: Settlement | undefined
  readonly createdAtMs: number
  /** When it fails if it isn't delivered by then. */
  readonly deadlineMs: number
  /** While claimed: when the claim lapses unless progress is reported. */
  readonly leaseUntilMs: number | undefined
  readonly endedAtMs: number | undefined
}
