import { assert } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { MarketLimitError, ReceiptsRefusedError } from '../errors.ts'
import type { ModelId, RequestId } from '../ids.ts'
import { nowMs } from '../now-ms.ts'
import { checkReceipts } from '../proof/check-receipts.ts'
import { writeReceipts } from '../proof/stored-receipts.ts'
import { verifyReceipts } from '../proof/verify-receipts.ts'
import type { VerifiedReceipts } from '../proof/verify-receipts.ts'
import { settleNow } from '../settlement/settle-request.ts'
import { changeState } from './change-state.ts'
import { checkCounts, checkDeadline, checkEvent } from './check-event.ts'
import { completeRequest, isAcknowledged } from './complete-request.ts'
import type { DeliverInit } from './inputs.ts'
import { readNumericClass, readParticipants } from './participants.ts'
import { checkClaim, lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Request, TokenCounts } from './request.ts'
import { toRequest } from './to-request.ts'

/** Driver and validator, besides the workers. */
const OTHER_RECEIPTS = 2

interface Refusal {
  readonly refusal: string
  readonly node: PartyId | undefined
}

/**
 * The driver says that the answer is out, with the receipts of everyone who took part. The request then waits for the
 * user's acknowledgement, unless that's there already. Again with the same counts gives the same answer.
 *
 * What counts is what the receipts say, which may be less than was reported: a stage that was lost can't sign for its last
 * rows.
 *
 * Refused receipts leave the request as it is: the driver may hand in others until its lease or the deadline is over.
 * Only the reason is kept, so that a request that fails afterwards says why.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, FenceStaleError, RequestStateError, MarketInputError
 * @throws ReceiptsRefusedError unless they are signed by the participants of this fence, complete, and say the same
 * counts as the driver.
 */
export async function deliver(context: MarketContext, who: PartyId, init: DeliverInit): Promise<Request> {
  const receiptsMax = context.settings.workersPerRequestMax + OTHER_RECEIPTS
  if (init.receipts.length > receiptsMax) {
    throw new MarketLimitError('receipts of one request', init.receipts.length, receiptsMax)
  }
  // Before the transaction, so that no row is locked while signatures are checked.
  const verified = await verifyReceipts(init.receipts, context.clock)
  const outcome = await inMarketTransaction(context, async (transaction) => {
    const row = await lockRequest(transaction, init.id)
    checkClaim(row, who, { init, what: 'deliver it' })
    if (isDelivered(row, init.delivered)) return { row, refused: undefined }
    checkEvent(row, 'deliver')
    checkDeadline(row, nowMs(context), 'deliver')
    checkCounts(row, 'delivered', init.delivered)
    const refused = judge(row, verified, init.delivered)
    if (refused !== undefined) {
      await keepRefusal(transaction, row, refused)
      return { row, refused }
    }
    return { row: await accept(context, transaction, { row, init, verified }), refused: undefined }
  })
  const { refused, row } = outcome
  if (refused !== undefined) throw new ReceiptsRefusedError(refused.refusal, { node: refused.node ?? null })
  return toRequest(await settleNow(context, row))
}

function isDelivered(row: RequestRow, delivered: TokenCounts): boolean {
  return (
    (row.state === 'DELIVERED' || row.state === 'COMPLETED') &&
    row.delivered_prompt === delivered.prompt &&
    row.delivered_output === delivered.output
  )
}

/** Why the receipts don't count; undefined if they do. */
function judge(row: RequestRow, verified: VerifiedReceipts, delivered: TokenCounts): Refusal | undefined {
  if (!verified.ok) return verified
  const participants = readParticipants(row.participants)
  assert(participants !== undefined, 'a running request has participants', { id: row.id })
  const { bodies } = verified
  const outcome = checkReceipts({
    plan: {
      request: row.id as RequestId,
      model: row.model as ModelId,
      // Where no class was promised, all must at least have worked in the same one.
      numericClass: readNumericClass(row.participants) ?? bodies[0]?.numericClass ?? '',
      driver: row.driver as PartyId,
      participants,
      promptTokensMax: row.prompt_tokens_max,
      outputTokensMax: row.output_tokens_max,
    },
    receipts: bodies,
    fence: row.fence,
    layerCount: participants.layerCount,
  })
  if (!outcome.ok) return outcome
  const isSame = outcome.promptTokens === delivered.prompt && outcome.outputTokens === delivered.output
  return isSame ? undefined : { refusal: 'counts-differ', node: row.driver as PartyId }
}

async function keepRefusal(
  transaction: MarketTransaction,
  row: RequestRow,
  { refusal }: Refusal,
): Promise<void> {
  await transaction
    .updateTable('market.requests')
    .set({ receipts: writeReceipts({ refused: refusal }) })
    .where('id', '=', row.id)
    .execute()
}

interface Acceptance {
  readonly row: RequestRow
  readonly init: DeliverInit
  readonly verified: VerifiedReceipts
}

async function accept(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, init, verified }: Acceptance,
): Promise<RequestRow> {
  const set = {
    receipts: writeReceipts({ accepted: verified.ok ? verified.messages : [] }),
    delivered_prompt: init.delivered.prompt,
    delivered_output: init.delivered.output,
    delivered_at_ms: nowMs(context),
    lease_until_ms: null,
  }
  const changed = await changeState(context, transaction, { row, change: { event: 'deliver', set } })
  return isAcknowledged(changed) ? completeRequest(context, transaction, changed) : changed
}
