import pg from 'pg'
import { CONNECTIONS_MAX, CONNECT_MS_MAX } from '../limits.ts'
import { listenOnPostgres } from './listen-on-postgres.ts'
import type { LedgerPool } from './ledger-pool.ts'

/** Options of {@link openPostgresPool}. */
export interface PostgresInit {
  /** As in `postgres://user:password@host:5432/database`. */
  readonly url: string
  /** @default CONNECTIONS_MAX */
  readonly connectionsMax?: number
  /** @default CONNECT_MS_MAX */
  readonly connectMsMax?: number
}

/** Connections to a PostgreSQL server. Made when first needed, so this doesn't fail when the server is away. */
export function openPostgresPool(init: PostgresInit): LedgerPool {
  const types = new pg.TypeOverrides()
  types.setTypeParser(pg.types.builtins.INT8, (value) => BigInt(value))
  const pool = new pg.Pool({
    connectionString: init.url,
    max: init.connectionsMax ?? CONNECTIONS_MAX,
    connectionTimeoutMillis: init.connectMsMax ?? CONNECT_MS_MAX,
    types,
    application_name: 'shardline-ledger',
  })
  // An idle connection that breaks is replaced when one is needed; without a listener it would end the process.
  pool.on('error', () => undefined)
  return {
    // A server that went away may come back.
    lost: new AbortController().signal,
    connect: async () => {
      const client = await pool.connect()
      let broken: Error | undefined
      const onError = (error: Error): void => {
        broken = error
      }
      client.on('error', onError)
      return {
        query: async (sql, parameters) => {
          const { command, rowCount, rows } = await client.query(sql, [...parameters])
          return { command: command as 'SELECT', rowCount: rowCount ?? 0, rows }
        },
        release: (error) => {
          client.off('error', onError)
          client.release(error ?? broken)
        },
      }
    },
    listen: (listen) => listenOnPostgres(init, listen),
    end: () => pool.end(),
  }
}
