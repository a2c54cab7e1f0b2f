import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import type { ClaimInit, ClaimedWork } from './inputs.ts'

export async function claim(
  _context: MarketContext,
  _who: PartyId,
  _init: ClaimInit = {},
): Promise<ClaimedWork | undefined> {
  await Promise.resolve()
  throw new Error('not there yet')
}
