/** `ledger.state`: one row. Who writes to the ledger locks it first, so there is one order of all that happens. */
export interface StateTable {
  readonly id: number
  /** Entries in the log. */
  readonly log_size: bigint
  /** Roots of the tree's complete subtrees, largest first. */
  readonly log_peaks: Uint8Array
  /** Time of the last entry. */
  readonly last_timestamp_ns: bigint
}
