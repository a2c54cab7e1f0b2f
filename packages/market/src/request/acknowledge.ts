import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import type { AcknowledgeInit } from './inputs.ts'
import type { Request } from './request.ts'

export async function acknowledge(
  _context: MarketContext,
  _who: PartyId,
  _init: AcknowledgeInit,
): Promise<Request> {
  await Promise.resolve()
  throw new Error('not there yet')
}
