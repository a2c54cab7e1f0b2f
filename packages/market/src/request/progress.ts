import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import type { ProgressInit } from './inputs.ts'
import type { Request } from './request.ts'

export async function progress(
  _context: MarketContext,
  _who: PartyId,
  _init: ProgressInit,
): Promise<Request> {
  await Promise.resolve()
  throw new Error('not there yet')
}
