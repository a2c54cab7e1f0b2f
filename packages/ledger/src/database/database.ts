import { ShardlineError } from '@shardline/core'
import { Kysely, PostgresDialect } from 'kysely'
import { DatabaseUnavailableError } from '../errors.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import type { LedgerPool, ListenInit, Listening } from './ledger-pool.ts'
import { openPglitePool } from './pglite-pool.ts'
import { openPostgresPool } from './postgres-pool.ts'

/** A database that holds a ledger's tables, all in the schema `ledger`. */
export interface LedgerDatabase extends AsyncDisposable {
  readonly kysely: Kysely<LedgerTables>
  /**
   * Aborts, with a {@link DatabaseLostError}, when the data is gone for good: when the folder of an embedded database was
   * deleted, moved or replaced. Nothing can be asked any more. Never aborts for a server.
   */
  readonly lost: AbortSignal
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
  /** Embedded only: bytes that have to be free before it is opened again after a crash. @default REOPEN_ROOM_BYTES_MIN */
  readonly reopenRoomBytesMin?: number
  /** Embedded only: milliseconds from a try to open it again that failed to the next one. @default REOPEN_REST_MS */
  readonly reopenRestMs?: number
  /** Embedded only: milliseconds between two looks whether the folder is there. @default FOLDER_WATCH_MS */
  readonly folderWatchMs?: number
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
  return databaseOf(await reachable(() => openPglitePool({ ...options, folder })))
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
  return { kysely, lost: pool.lost, listen, close, [Symbol.asyncDispose]: close }
}

async function reachable<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (cause) {
    throw cause instanceof ShardlineError ? cause : new DatabaseUnavailableError(cause)
  }
}
