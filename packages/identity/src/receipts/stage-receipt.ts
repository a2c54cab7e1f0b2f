import type { PartyId } from '../party-id.ts'
import type { SignedMessage } from '../signed-message.ts'

/** What a receipt is signed for: a signature for anything else is no receipt. */
export const RECEIPT_PURPOSE = 'shardline/receipt'

/** What a party can have done for a request. */
export type ReceiptRole = 'driver' | 'worker' | 'validator'

/** What a stage signs when its part of a request is done. All that sets a reward is in here, so all of it is signed. */
export interface StageReceipt {
  /** The market's request: a UUID in lower case. */
  readonly request: string
  /** The claim under which the work was done. */
  readonly fence: number
  readonly role: ReceiptRole
  /** Who did the work, and who must have signed. */
  readonly node: PartyId
  /** A worker's layers, both ends included; null for driver and validator. */
  readonly layers: { readonly first: number; readonly last: number } | null
  /** The model's id at the market. */
  readonly model: string
  readonly numericClass: string
  /** Tokens of the prompt, and of all choices together. */
  readonly promptTokens: number
  readonly outputTokens: number
  /** 32 bytes in lower-case hex: what `receiptRoot` gives for the windows that the stage signed. */
  readonly root: string
}

/** A receipt with its signature: plain JSON. */
export interface SignedStageReceipt extends Omit<SignedMessage, 'body'> {
  readonly body: StageReceipt
}
