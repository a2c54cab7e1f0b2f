/** `ledger.transfers`: all transfers. Insert only. */
export interface TransfersTable {
  readonly id: string
  readonly log_index: bigint
  readonly kind: number
  readonly debit_account_id: string
  readonly credit_account_id: string
  readonly amount: bigint
  readonly ledger: number
  readonly code: number
  readonly pending_id: string | null
  readonly timeout_ms: bigint
  readonly user_data: string
  readonly timestamp_ns: bigint
}
