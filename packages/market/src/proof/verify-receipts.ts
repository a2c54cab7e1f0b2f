import type { Clock } from '@shardline/core'
import { ShardlineError } from '@shardline/core'
import { NONCE_BYTES, verifyStageReceipt } from '@shardline/identity'
import type { PartyId, SignedStageReceipt, StageReceipt } from '@shardline/identity'
import type { SignedReceipt } from '../request/inputs.ts'
import { readReceiptBody } from './read-receipt.ts'

/** Receipts that their nodes signed, or why they are none. */
export type VerifiedReceipts =
  | {
      readonly ok: true
      readonly bodies: readonly StageReceipt[]
      /** What was signed, to be kept as evidence: nothing else of what was sent. */
      readonly messages: readonly SignedStageReceipt[]
    }
  | {
      readonly ok: false
      readonly refusal: 'malformed' | 'signature'
      readonly node: PartyId | undefined
    }

/** A nonce of any other length could carry words into the table of evidence. */
const NONCE_CHARACTERS = Math.ceil((NONCE_BYTES * 4) / 3)

/** Checks that each receipt has the form of one, and is signed by the node that it names. */
export async function verifyReceipts(
  receipts: readonly SignedReceipt[],
  clock: Pick<Clock, 'now'>,
): Promise<VerifiedReceipts> {
  const bodies: StageReceipt[] = []
  const messages: SignedStageReceipt[] = []
  for (const receipt of receipts) {
    const body = readReceiptBody(receipt['body'])
    if (body === undefined || !hasNonce(receipt)) return { ok: false, refusal: 'malformed', node: undefined }
    const message = await verified(receipt, clock)
    if (message === undefined) return { ok: false, refusal: 'signature', node: body.node }
    bodies.push(body)
    messages.push(message)
  }
  return { ok: true, bodies, messages }
}

function hasNonce({ nonce }: SignedReceipt): boolean {
  return typeof nonce === 'string' && nonce.length === NONCE_CHARACTERS
}

async function verified(
  receipt: SignedReceipt,
  clock: Pick<Clock, 'now'>,
): Promise<SignedStageReceipt | undefined> {
  try {
    return await verifyStageReceipt(receipt, clock)
  } catch (cause) {
    if (cause instanceof ShardlineError) return undefined
    throw cause
  }
}
