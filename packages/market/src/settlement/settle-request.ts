import type { MarketContext } from '../context.ts'
import type { RequestId } from '../ids.ts'

/** Carries out the plan of an ended request on the ledger, if that is due. */
export async function settleRequest(_context: MarketContext, _id: RequestId): Promise<void> {
  await Promise.resolve()
  throw new Error('not there yet')
}

/** As {@link settleRequest}, at once after a request ended; what fails now is left to the sweep. */
export async function settleNow(_context: MarketContext, _id: RequestId): Promise<void> {
  await Promise.resolve()
  throw new Error('not there yet')
}
