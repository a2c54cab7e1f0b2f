/** `ledger.failures`: transfer ids that a failure used up. Insert only. */
export interface FailuresTable {
  readonly id: string
  readonly log_index: bigint
  readonly status: number
  readonly timestamp_ns: bigint
}
