import type { MarketContext } from '../context.ts'
import type { SweepReport } from '../market.ts'

/** One round of every sweep. */
export async function sweep(_context: MarketContext): Promise<SweepReport> {
  await Promise.resolve()
  throw new Error('not there yet')
}
