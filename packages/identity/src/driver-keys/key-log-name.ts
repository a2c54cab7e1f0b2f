import type { PartyId } from '../party-id.ts'
import type { KeyLogName } from './key-log-checkpoint.ts'

/**
 * The log of driver keys of a market: named for it and signed by it. So who knows the market's id needs no word of
 * anybody to know which checkpoints count.
 */
export function keyLogOf(market: PartyId): KeyLogName {
  return { origin: `${market}/driver-keys`, signer: market }
}
