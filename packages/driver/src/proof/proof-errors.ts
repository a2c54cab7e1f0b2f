import { ShardlineError } from '@shardline/core'
import { describeStage } from '../stage-identity.ts'
import type { StageIdentity } from '../stage-identity.ts'

/** What a stage handed in isn't a receipt for the answer that it was asked about. */
export class ReceiptInvalidError extends ShardlineError {
  override readonly name = 'ReceiptInvalidError'
  readonly code = 'DRIVER_RECEIPT_INVALID'
  readonly stage: StageIdentity

  constructor(stage: StageIdentity, why: string, cause?: unknown) {
    super(`the receipt of ${describeStage(stage)} doesn't count: ${why}`, {
      details: { stage: describeStage(stage), node: stage.node ?? '', why },
      cause,
    })
    this.stage = stage
  }
}

/** The two sides of a boundary; the giver is undefined for the driver. */
export interface Boundary {
  readonly giver: StageIdentity | undefined
  readonly taker: StageIdentity
}

/** Two parties say different things about the rows that went from one to the other: one of them changed them, or lies. */
export class ReceiptMismatchError extends ShardlineError {
  override readonly name = 'ReceiptMismatchError'
  readonly code = 'DRIVER_RECEIPT_MISMATCH'
  readonly giver: StageIdentity | undefined
  readonly taker: StageIdentity

  /** @param at the choice, counted from 0, and the rows of the first window that differs. */
  constructor(
    { giver, taker }: Boundary,
    at: { readonly session: number; readonly position: number; readonly rows: number },
  ) {
    const from = giver === undefined ? 'the driver' : describeStage(giver)
    const to = describeStage(taker)
    const last = at.position + at.rows - 1
    super(
      `${to} took other rows than ${from} gave: positions ${at.position} to ${last} of choice ${at.session + 1} differ`,
      { details: { giver: giver?.node ?? 'driver', taker: taker.node ?? '', ...at } },
    )
    this.giver = giver
    this.taker = taker
  }
}
