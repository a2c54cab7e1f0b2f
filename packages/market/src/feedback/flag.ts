import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import type { FlagInit } from '../request/inputs.ts'

export async function flag(_context: MarketContext, _who: PartyId, _init: FlagInit): Promise<void> {
  await Promise.resolve()
  throw new Error('not there yet')
}
