import type { Clock } from '@shardline/core'
import { ShardlineError } from '@shardline/core'
import { NONCE_BYTES, verifyMessage } from '@shardline/identity'
import type { JsonValue, NonceMemory, PartyId, SignedMessage } from '@shardline/identity'
import type { SignedReceipt } from '../request/inputs.ts'
import { readReceiptBody } from './read-receipt.ts'
import type { StageReceiptBody } from './receipt.ts'

/** What a receipt is signed for: a signature for anything else is no receipt. */
export const RECEIPT_PURPOSE = 'shardline/receipt'

/** Receipts that their nodes signed, or why they are none. */
export type VerifiedReceipts =
  | {
      readonly ok: true
      readonly bodies: readonly StageReceiptBody[]
      /** What was signed, to be kept as evidence: nothing else of what was sent. */
      readonly messages: readonly SignedMessage[]
    }
  | {
      readonly ok: false
      readonly refusal: 'malformed' | 'signature'
      readonly node: PartyId | undefined
    }

/** A receipt proves work whenever it is shown, and counts once by its request and fence: so it neither ages nor uses up a nonce. */
const TIMELESS: { readonly ageMsMax: number; readonly nonces: NonceMemory } = {
  ageMsMax: Number.POSITIVE_INFINITY,
  nonces: { remember: () => Promise.resolve(true) },
}

/** A nonce of any other length could carry words into the table of evidence. */
const NONCE_CHARACTERS = Math.ceil((NONCE_BYTES * 4) / 3)

/** Checks that each receipt has the form of one, and is signed by the node that it names. */
export async function verifyReceipts(
  receipts: readonly SignedReceipt[],
  clock: Pick<Clock, 'now'>,
): Promise<VerifiedReceipts> {
  const bodies: StageReceiptBody[] = []
  const messages: SignedMessage[] = []
  for (const receipt of receipts) {
    const body = readReceiptBody(receipt['body'])
    if (body === undefined || !hasNonce(receipt)) return { ok: false, refusal: 'malformed', node: undefined }
    const message = await verifiedBy(body.node, receipt, clock)
    if (message === undefined) return { ok: false, refusal: 'signature', node: body.node }
    bodies.push(body)
    messages.push(message)
  }
  return { ok: true, bodies, messages }
}

function hasNonce({ nonce }: SignedReceipt): boolean {
  return typeof nonce === 'string' && nonce.length === NONCE_CHARACTERS
}

async function verifiedBy(
  node: PartyId,
  receipt: SignedReceipt,
  clock: Pick<Clock, 'now'>,
): Promise<SignedMessage | undefined> {
  const message = receipt as unknown as SignedMessage<JsonValue>
  try {
    const fields = await verifyMessage({ message, purpose: RECEIPT_PURPOSE, clock, ...TIMELESS })
    if (fields.signer !== node) return undefined
    return { ...fields, signature: message.signature }
  } catch (cause) {
    if (cause instanceof ShardlineError) return undefined
    throw cause
  }
}
