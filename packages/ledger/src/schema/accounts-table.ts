/** `ledger.accounts`: what never changes of an account. Insert only. */
export interface AccountsTable {
  readonly id: string
  readonly log_index: bigint
  readonly ledger: number
  readonly code: number
  readonly balance_limit: number
  readonly user_data: string
  readonly timestamp_ns: bigint
}
