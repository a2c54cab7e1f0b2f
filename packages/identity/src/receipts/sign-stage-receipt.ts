import { HASH_BYTES } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { fromHex } from '../bytes.ts'
import { ReceiptMalformedError, SignatureWrongError } from '../errors.ts'
import type { Identity } from '../identity.ts'
import { NONCE_BYTES } from '../limits.ts'
import type { NonceMemory } from '../nonce-memory.ts'
import { signMessage, verifyMessage } from '../signed-message.ts'
import type { SignedMessage } from '../signed-message.ts'
import { readStageReceipt } from './read-stage-receipt.ts'
import { RECEIPT_PURPOSE } from './stage-receipt.ts'
import type { SignedStageReceipt, StageReceipt } from './stage-receipt.ts'

/** What {@link signStageReceipt} takes. */
export interface SignStageReceiptInit {
  /** Of the party that the receipt names. */
  readonly identity: Identity
  readonly clock: Pick<Clock, 'now'>
  readonly receipt: StageReceipt
}

/** A receipt proves work whenever it is shown, and counts once by its request and fence: so it neither ages nor uses up a nonce. */
const TIMELESS: { readonly ageMsMax: number; readonly nonces: NonceMemory } = {
  ageMsMax: Number.POSITIVE_INFINITY,
  nonces: { remember: () => Promise.resolve(true) },
}

/**
 * Signs a receipt. Its nonce is the start of its root: the same receipt may well be the same message, because it counts
 * once however often it is shown.
 *
 * @throws ReceiptMalformedError if the receipt doesn't name the signer, or its root is none.
 */
export function signStageReceipt({ identity, clock, receipt }: SignStageReceiptInit): SignedStageReceipt {
  if (receipt.node !== identity.id) throw new ReceiptMalformedError('it names another party than its signer')
  const root = fromHex(receipt.root, HASH_BYTES)
  if (root === undefined) throw new ReceiptMalformedError(`its root is not ${HASH_BYTES} bytes in hex`)
  const random = { bytes: () => root.subarray(0, NONCE_BYTES) }
  const message = signMessage({ identity, clock, random, purpose: RECEIPT_PURPOSE, body: { ...receipt } })
  return { ...message, body: receipt }
}

/**
 * Checks that what may come from anyone is a receipt that the party which it names has signed. What the receipt says is
 * the caller's to judge.
 *
 * @returns what was signed, and nothing else of what was sent.
 * @throws ReceiptMalformedError, SignatureWrongError if another party signed or for another purpose, and what
 * `verifyMessage` throws.
 */
export async function verifyStageReceipt(
  message: unknown,
  clock: Pick<Clock, 'now'>,
): Promise<SignedStageReceipt> {
  if (typeof message !== 'object' || message === null) throw new ReceiptMalformedError('it is no object')
  const sent = message as SignedMessage
  const body = readStageReceipt(sent.body)
  if (body === undefined) throw new ReceiptMalformedError('its body has not exactly the fields of a receipt')
  const fields = await verifyMessage({
    message: { ...sent, body: { ...body } },
    purpose: RECEIPT_PURPOSE,
    clock,
    ...TIMELESS,
  })
  if (fields.signer !== body.node) {
    throw new SignatureWrongError(body.node, 'another party signed it than the one that it names')
  }
  return { ...fields, body, signature: sent.signature }
}
