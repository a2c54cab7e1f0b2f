import type { Identity, PartyId, SignedStageReceipt } from '@shardline/identity'

/** What receipts are signed for: one claim of one request of the market, and what was delivered under it. */
export interface ReceiptTerms {
  /** The request's id at the market: a UUID in lower case. */
  readonly ask: string
  /** The claim. */
  readonly fence: number
  /** The model's id at the market. */
  readonly model: string
  /** Tokens of the prompt, once however many choices it had. */
  readonly promptTokens: number
  /** Tokens of all choices together. */
  readonly outputTokens: number
}

/** What {@link Pipeline.receipts} is asked for. */
export interface ReceiptsRequest {
  /** {@link AnswerResult.session} of the answer's choices, in order; each was asked for with `isProven`. */
  readonly sessions: readonly string[]
  /**
   * While the answer runs, the tokens of each session that are out: then rows so far are signed for, at least those that
   * these tokens came from. @default all rows of sessions that are closed, or that are waited for until they are
   */
  readonly tokensSoFar?: readonly number[] | undefined
  readonly terms: ReceiptTerms
  /** The driver's own. */
  readonly identity: Identity
  readonly signal?: AbortSignal | undefined
}

/** Who answers together, as the market is told. */
export interface PipelineParticipants {
  readonly validator: PartyId
  /** In the order of their layers, both ends included. */
  readonly workers: readonly { readonly node: PartyId; readonly first: number; readonly last: number }[]
  /** Layers of the model. */
  readonly layerCount: number
}

/** What a pipeline hands in to be paid. */
export interface PipelineReceipts {
  readonly participants: PipelineParticipants
  /** Checked, and ready for the market: the driver's, the workers' in the order of their layers, the validator's. */
  readonly receipts: readonly (SignedStageReceipt & Readonly<Record<string, unknown>>)[]
}
