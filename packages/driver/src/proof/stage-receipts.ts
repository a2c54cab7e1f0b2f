import type {
  PartyId,
  ReceiptPart,
  ReceiptWindow,
  SignedStageReceipt,
  StageReceipt,
} from '@shardline/identity'
import type { StageIdentity } from '../stage-identity.ts'

/** What a stage answered, once it is checked. */
export interface StageReceipts {
  /** Undefined for the driver. */
  readonly stage: StageIdentity | undefined
  readonly signed: SignedStageReceipt
  /** Windows of each session, in order. */
  readonly windows: readonly (readonly ReceiptWindow[])[]
}

/** What a stage's receipt has to say. */
export interface ExpectedReceipt {
  readonly stage: StageIdentity
  /** Who the stage proved to be; undefined where nothing was proved. */
  readonly party: PartyId | undefined
  /** All but who signed and what over. */
  readonly receipt: Omit<StageReceipt, 'node' | 'root'>
  readonly modelDigest: string
  /** What the stage was told to put into every leaf. */
  readonly salt: string
}

/** What all leaves of that receipt have in common. */
export function partOf({
  receipt,
  modelDigest,
  salt,
}: Pick<ExpectedReceipt, 'receipt' | 'modelDigest' | 'salt'>): ReceiptPart {
  const { request, fence, role, layers, numericClass } = receipt
  return { request, fence, role, layers, numericClass, modelDigest, salt }
}
