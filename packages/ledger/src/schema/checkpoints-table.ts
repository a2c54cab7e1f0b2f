/** `ledger.checkpoints`: signed checkpoints that were given out. Insert only. */
export interface CheckpointsTable {
  readonly size: bigint
  readonly note: string
}
