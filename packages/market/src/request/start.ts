import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import type { StartInit } from './inputs.ts'
import type { Request } from './request.ts'

export async function start(_context: MarketContext, _who: PartyId, _init: StartInit): Promise<Request> {
  await Promise.resolve()
  throw new Error('not there yet')
}
