/** `ledger.log_entries`: the leaves of the tree, in order. Insert only. */
export interface LogEntriesTable {
  readonly log_index: bigint
  readonly entry_type: number
  readonly entry_id: string
  readonly leaf_hash: Uint8Array
}
