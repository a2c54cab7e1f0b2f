import { formatCredits } from '../ledger/format-money.ts'
import type { EarningsStatus } from './status-document.ts'

/** What a party has and earned, in words. */
export function drawEarnings({
  market,
  balance_microcredits: balance,
  earned_microcredits: earned,
}: EarningsStatus): string {
  if (balance === null || earned === null) return `not known yet, of ${market}`
  return `${formatCredits(BigInt(earned))} of ${formatCredits(BigInt(balance))} credits at ${market}`
}
