import { Kysely, PostgresDialect } from 'kysely'
import { DatabaseInUseError, DatabaseUnavailableError } from '../errors.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import type { LedgerPool, ListenInit, Listening } from './ledger-pool.ts'
import { openPglitePool } from './pglite-pool.ts'
import { openPostgresPool } from './postgres-pool.ts'

/** A database that holds a ledger's tables, all in the schema `ledger`. */
export interface LedgerDatabase extends AsyncDisposable {
  readonly kysely: Kysely<LedgerTables>
  /**
   * Hears what is said on a channel (LISTEN, NOTIFY), by this process or another, until it's stopped or lost.
   *
   * @throws DatabaseUnavailableError
   */
  listen(init: ListenInit): Promise<Listening>
  close(): Promise<void>
}

/** Options of {@link openDatabase}. */
export interface OpenDatabaseOptions {
  /** PostgreSQL only: connections of this process at the most; each listener has one beside them. @default CONNECTIONS_MAX */
  readonly connectionsMax?: number
  /** PostgreSQL only: milliseconds to reach the server. @default CONNECT_MS_MAX */
  readonly connectMsMax?: number
}

/** Where {@link openDatabase} finds the data that dies with the process. */
export const MEMORY_LOCATION = 'memory:'

const SERVER = /^postgres(?:ql)?:\/\//

/**
 * Opens `postgres://user:password@host/database`, the folder of an embedded database (made if it isn't there),
 * or `memory:`. The ledger's tables are made by {@link openLedger}.
 *
 * @throws DatabaseInUseError when another process has the folder open.
 * @throws DatabaseUnavailableError when the embedded database can't be opened; a server is first asked when it is needed.
 */
export async function openDatabase(
  location: string,
  options: OpenDatabaseOptions = {},
): Promise<LedgerDatabase> {
  if (SERVER.test(location)) return databaseOf(openPostgresPool({ url: location, ...options }))
  const folder = location === MEMORY_LOCATION ? undefined : location
  return databaseOf(await reachable(() => openPglitePool({ folder })))
}

/** A database over connections of one's own. */
export function databaseOf(pool: LedgerPool): LedgerDatabase {
  // Kysely ends the pool only if it asked it for a connection; a pool may be ended once.
  let ended: Promise<void> | undefined
  const end = (): Promise<void> => (ended ??= pool.end())
  const dialect = new PostgresDialect({
    pool: {
      connect: async () => {
        const connection = await reachable(() => pool.connect())
        return {
          query: (sql: unknown, parameters?: readonly unknown[]) =>
            connection.query(String(sql), parameters ?? []) as never,
          release: () => connection.release(),
        }
      },
      end,
    },
  })
  const kysely = new Kysely<LedgerTables>({ dialect })
  const close = async (): Promise<void> => {
    await kysely.destroy()
    await end()
  }
  const listen = (init: ListenInit): Promise<Listening> => reachable(() => pool.listen(init))
  return { kysely, listen, close, [Symbol.asyncDispose]: close }
}

async function reachable<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (cause) {
    throw cause instanceof DatabaseInUseError ? cause : new DatabaseUnavailableError(cause)
  }
}
