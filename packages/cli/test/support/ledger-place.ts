/** A place for ledgers, embedded or on a server. */
export interface LedgerPlace {
  /** A location without a ledger yet. */
  fresh(): Promise<string>
  /** A copy of a ledger that nobody has open. */
  copy(location: string): Promise<string>
}
