import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { MarketForbiddenError } from '../errors.ts'

/** @throws MarketForbiddenError unless the settings name the party as an operator. */
export function checkOperator(
  { settings }: Pick<MarketContext, 'settings'>,
  who: PartyId,
  what: string,
): void {
  if (!settings.operators.includes(who)) throw new MarketForbiddenError(what, "the market's operators")
}
