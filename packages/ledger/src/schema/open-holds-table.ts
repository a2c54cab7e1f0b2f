/** `ledger.open_holds`: holds that have not ended, with the time when they expire, if they do. */
export interface OpenHoldsTable {
  readonly transfer_id: string
  readonly expires_at_ns: bigint | null
}
