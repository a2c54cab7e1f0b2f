import type { PartyId, SignedStageReceipt } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import type { RequestId } from '../ids.ts'
import { readReceipts } from '../proof/stored-receipts.ts'
import { readRow } from './read-request.ts'

/**
 * The receipts that were accepted for a request, as everyone signed them; none before it is delivered. To its user and to
 * those who work on it: whoever pays, or is paid, can check for itself what for.
 *
 * @throws MarketNotFoundError
 */
export async function readAcceptedReceipts(
  context: MarketContext,
  who: PartyId,
  id: RequestId,
): Promise<readonly SignedStageReceipt[]> {
  const row = await readRow(context, who, id)
  return readReceipts(row.receipts)?.accepted ?? []
}
