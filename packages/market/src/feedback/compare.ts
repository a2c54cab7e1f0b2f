import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import type { CompareInit } from '../request/inputs.ts'

export async function compare(_context: MarketContext, _who: PartyId, _init: CompareInit): Promise<void> {
  await Promise.resolve()
  throw new Error('not there yet')
}
