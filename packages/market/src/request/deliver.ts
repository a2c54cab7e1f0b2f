import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import type { DeliverInit } from './inputs.ts'
import type { Request } from './request.ts'

export async function deliver(_context: MarketContext, _who: PartyId, _init: DeliverInit): Promise<Request> {
  await Promise.resolve()
  throw new Error('not there yet')
}
