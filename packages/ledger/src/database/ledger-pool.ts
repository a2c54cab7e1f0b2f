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

/**
 * Connections to a database that speaks PostgreSQL's SQL: `bigint` comes as a JavaScript bigint, `bytea` as bytes.
 * All that the ledger needs of PGlite or of a server; tests put faults between.
 */
export interface LedgerPool {
  connect(): Promise<LedgerConnection>
  end(): Promise<void>
}
