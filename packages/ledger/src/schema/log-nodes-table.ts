/** `ledger.log_nodes`: roots of complete subtrees of 2^8, 2^16, … leaves. Insert only. */
export interface LogNodesTable {
  readonly height: number
  readonly node_index: bigint
  readonly hash: Uint8Array
}
