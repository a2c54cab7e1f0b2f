/** `market.driver_keys`: the log of driver keys, one row for each entry. Rows come, and stay as they are. */
export interface DriverKeysTable {
  /** Place in the log, from 0 without gaps. */
  readonly log_index: bigint
  readonly driver: string
  /** Counts the driver's keys. */
  readonly sequence: bigint
  readonly encryption_key: string
  readonly valid_from_ms: bigint
  readonly valid_until_ms: bigint
  readonly signature: string
  readonly logged_at_ms: bigint
}

/** `market.driver_key_log`: its one row is locked by who appends, so that all replicas append in one order. */
export interface DriverKeyLogTable {
  readonly id: number
  /** Entries so far. */
  readonly size: bigint
}
