/** `ledger.balances`: the sums of an account's transfers. The log alone decides what they must be. */
export interface BalancesTable {
  readonly account_id: string
  readonly debits_pending: bigint
  readonly debits_posted: bigint
  readonly credits_pending: bigint
  readonly credits_posted: bigint
}
