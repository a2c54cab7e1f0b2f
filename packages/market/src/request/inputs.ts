import type { PartyId } from '@shardline/identity'
import type { ModelId, RequestId } from '../ids.ts'
import type { DriverFilters } from '../reputation/filters.ts'
import type { EndReason, Participants, TokenCounts } from './request.ts'

/** What a user gives to open a request: locks the price and holds the escrow. */
export interface OpenInit {
  readonly id: RequestId
  readonly model: ModelId
  /** The only party that may claim it. */
  readonly driver: PartyId
  /** Upper bound on the prompt's tokens. */
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  /** Microcredits per 1,000,000 tokens, as a decimal; refused while the price is above it. @default no bound */
  readonly maxPrice?: string
  /** 0 to 9. @default 0 */
  readonly priority?: number
  /** Milliseconds from now until the request fails. @default REQUEST_MS_MAX_DEFAULT */
  readonly maxTimeMs?: number
  readonly filters?: DriverFilters
  /** 32 bytes in hex that bind the user to a prompt without telling it: needed for comparisons only. */
  readonly promptCommitment?: string
}

/** What a user gives to put an open request in its driver's queue. */
export interface SubmitInit {
  readonly id: RequestId
  /** Ciphertext that only the driver opens, in base64. */
  readonly sealedPrompt: string
}

/** What a user gives to move a waiting request to another driver. Only the user can: the prompt must be sealed again. */
export interface ReassignInit extends SubmitInit {
  readonly driver: PartyId
}

/** What a driver gives to claim work. */
export interface ClaimInit {
  /** One request; by default the first in line. */
  readonly id?: RequestId
  /** Only requests for these models. @default all */
  readonly models?: readonly ModelId[]
  /**
   * A UUID in lower case, new for each piece of work: who sends the same one again, because an answer was lost, gets the
   * same work. Without it a claim that is held is refused, even to its own driver: that may be another of its processes.
   */
  readonly key?: string
}

/** Work that a driver has claimed. */
export interface ClaimedWork {
  readonly id: RequestId
  readonly model: ModelId
  readonly user: PartyId
  readonly fence: number
  readonly leaseUntilMs: number
  readonly deadlineMs: number
  readonly lockedPrice: string
  /** Microcredits held in escrow: the most that it can cost. Prompts are sealed for it. */
  readonly hold: bigint
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  readonly filters: DriverFilters
  readonly sealedPrompt: string
}

/** A claim that a driver holds. */
export interface HeldClaim {
  readonly id: RequestId
  readonly model: ModelId
  readonly fence: number
  readonly leaseUntilMs: number
}

/** A driver's write on a request it has claimed. */
export interface FencedInit {
  readonly id: RequestId
  readonly fence: number
}

/** Why a driver gives a claimed request up: `proof-lost` if the answer is out, and nobody can show who made it. */
export type GiveUpReason = Extract<EndReason, 'not-answered' | 'proof-lost'>

/** The driver has nothing to hand in, and won't have: the request ends. */
export interface GiveUpInit extends FencedInit {
  readonly reason: GiveUpReason
}

/** Names the participants; the request runs from then on. */
export interface StartInit extends FencedInit {
  readonly participants: Participants
}

/** Tokens delivered so far under this fence; renews the lease. */
export interface ProgressInit extends FencedInit {
  readonly delivered: TokenCounts
}

/** A receipt as its signer sent it: a signed message of `@shardline/identity` whose body is a `StageReceipt`. */
export type SignedReceipt = Readonly<Record<string, unknown>>

/** The driver says that the answer is out, and hands in everyone's receipts. */
export interface DeliverInit extends ProgressInit {
  readonly receipts: readonly SignedReceipt[]
}

/** Tokens that the user has got, in all. Never shrinks. */
export interface AcknowledgeInit {
  readonly id: RequestId
  readonly received: TokenCounts
  /** The claim under which they came: refused when it's no longer the current one. @default the current one */
  readonly fence?: number
}

/** Why a user says an answer was no success. */
export type FlagReason = 'wrong-model' | 'garbage' | 'cut-off' | 'too-slow' | 'other'

/** What a user gives to flag an answer. */
export interface FlagInit {
  readonly id: RequestId
  readonly reason: FlagReason
}

/** One prompt, run twice by one user: which answer it preferred, and the openings that show the prompts were equal. */
export interface CompareInit {
  readonly preferred: RequestId
  readonly other: RequestId
  /** 32 bytes in hex: what both commitments hide. */
  readonly promptKey: string
  /** 32 bytes in hex for each request: commitment = SHA3-256('shardline/prompt-commitment/v1' | salt | promptKey). */
  readonly salts: { readonly preferred: string; readonly other: string }
}
