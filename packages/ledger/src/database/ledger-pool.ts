import type { DatabaseUnavailableError } from '../errors.ts'

/** What one statement gave. */
export interface QueryRows<Row> {
  readonly command: 'UPDATE' | 'DELETE' | 'INSERT' | 'SELECT' | 'MERGE'
  readonly rowCount: number
  readonly rows: Row[]
}

/** One connection taken from a {@link LedgerPool}. */
export interface LedgerConnection {
  query<Row>(sql: string, parameters: readonly unknown[]): Promise<QueryRows<Row>>
  /** Gives the connection back; a broken one is thrown away when the pool is told so. */
  release(error?: Error): void
}

/** What to hear. */
export interface ListenInit {
  readonly channel: string
  readonly onPayload: (payload: string) => void
  /**
   * Called once when the connection is lost: nothing is heard from then on, and what is said meanwhile is missed. Whoever
   * wants to go on listens again, after a wait.
   */
  readonly onLost: (error: DatabaseUnavailableError) => void
}

/** Someone who hears. */
export interface Listening {
  stop(): Promise<void>
}

/**
 * Connections to a database that speaks PostgreSQL's SQL: `bigint` comes as a JavaScript bigint, `bytea` as bytes.
 * All that the ledger needs of PGlite or of a server; tests put faults between.
 */
export interface LedgerPool {
  /** See `lost` of `LedgerDatabase`. */
  readonly lost: AbortSignal
  connect(): Promise<LedgerConnection>
  /** Hears what is said on a channel (LISTEN), from when it resolves until it's stopped or lost. */
  listen(init: ListenInit): Promise<Listening>
  end(): Promise<void>
}
