import { systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { DatabaseLostError, DatabaseUnavailableError } from '../errors.ts'
import { FOLDER_WATCH_MS, REOPEN_REST_MS, REOPEN_ROOM_BYTES_MIN } from '../limits.ts'
import { EmbeddedDatabase } from './embedded-database.ts'
import { lockFolder } from './folder-lock.ts'
import { FolderWatch } from './folder-watch.ts'
import { hasRoom } from './has-room.ts'
import type { LedgerConnection, LedgerPool, ListenInit, Listening, QueryRows } from './ledger-pool.ts'

/** Options of {@link openPglitePool}. */
export interface PgliteInit {
  /** Folder of the data; undefined keeps everything in memory. */
  readonly folder: string | undefined
  /** A dumped data folder to start from: saves most of the time of a first start. */
  readonly template?: Blob
  /** @default REOPEN_ROOM_BYTES_MIN */
  readonly reopenRoomBytesMin?: number
  /** @default REOPEN_REST_MS */
  readonly reopenRestMs?: number
  /** @default FOLDER_WATCH_MS */
  readonly folderWatchMs?: number
  /** Times the rests between two tries to open it again. @default systemClock */
  readonly clock?: Pick<Clock, 'monotonic'>
}

/** Opens the embedded database. One process may open a folder at a time. @throws DatabaseInUseError */
export async function openPglitePool(init: PgliteInit): Promise<PglitePool> {
  const { folder, template } = init
  const unlock = folder === undefined ? () => Promise.resolve() : await lockFolder(folder)
  try {
    const database = await EmbeddedDatabase.open({ folder, template })
    return await PglitePool.start({ ...init, database, unlock })
  } catch (cause) {
    await unlock()
    throw cause
  }
}

/** What a {@link PglitePool} is over. */
interface PglitePoolInit extends PgliteInit {
  readonly database: EmbeddedDatabase
  /** Called when the pool ended. */
  readonly unlock: () => Promise<void>
}

/**
 * The embedded database as a pool of one connection: who asks while it is taken waits in line. When it crashes, as it does
 * without room for its write-ahead log, it is opened again as soon as somebody asks and there is room; until then who asks
 * is told that it is away.
 */
export class PglitePool implements LedgerPool {
  readonly #init: PglitePoolInit
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #lost = new AbortController()
  readonly #listeners = new Set<ListenInit>()
  #database: EmbeddedDatabase
  #watch: FolderWatch | undefined
  #last: Promise<void> = Promise.resolve()
  #nextTryMs = -Infinity

  private constructor(init: PglitePoolInit) {
    this.#init = init
    this.#clock = init.clock ?? systemClock
    this.#database = init.database
  }

  /** Begins to watch the folder of an open database. */
  static async start(init: PglitePoolInit): Promise<PglitePool> {
    const pool = new PglitePool(init)
    const { folder } = init
    if (folder !== undefined) {
      const intervalMs = init.folderWatchMs ?? FOLDER_WATCH_MS
      pool.#watch = await FolderWatch.start({ folder, intervalMs, onGone: () => void pool.#lose(folder) })
    }
    return pool
  }

  /** Aborts when the folder is gone, or what was in memory alone; the reason is a {@link DatabaseLostError}. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  async connect(): Promise<LedgerConnection> {
    const before = this.#last
    let release = (): void => undefined
    this.#last = new Promise((resolve) => {
      release = resolve
    })
    await before
    try {
      const database = await this.#working()
      return { query: (sql, parameters) => this.#query(database, sql, parameters), release: () => release() }
    } catch (cause) {
      release()
      throw cause
    }
  }

  async listen(listener: ListenInit): Promise<Listening> {
    const { channel, onPayload } = listener
    const { database, stop } = await this.#inLine(async (current) => ({
      database: current,
      stop: await current.listen(channel, onPayload),
    }))
    this.#listeners.add(listener)
    return {
      stop: async () => {
        this.#listeners.delete(listener)
        const isOver = database.isClosed || database.isCrashed || this.#lost.signal.aborted
        if (!isOver) await this.#inLine(() => stop())
      },
    }
  }

  async end(): Promise<void> {
    this.#watch?.stop()
    try {
      if (this.#database.isCrashed || this.#lost.signal.aborted) this.#database.discard()
      else await this.#database.close()
    } finally {
      await this.#init.unlock()
    }
  }

  /** The data folder as a file that {@link PgliteInit.template} takes. */
  dump(): Promise<Blob> {
    return this.#database.dump()
  }

  /** LISTEN in the middle of somebody's transaction would be taken back with it. */
  async #inLine<T>(work: (database: EmbeddedDatabase) => Promise<T>): Promise<T> {
    const connection = await this.connect()
    try {
      return await work(this.#database)
    } finally {
      connection.release()
    }
  }

  /** What a connection began in one run must not go on in the next. */
  async #query<Row>(
    database: EmbeddedDatabase,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<QueryRows<Row>> {
    try {
      return await database.query<Row>(sql, parameters)
    } catch (cause) {
      if (!database.isCrashed) throw cause
      const error = new DatabaseUnavailableError(cause)
      this.#deafen(error)
      throw error
    }
  }

  /** The database, opened again if it has crashed. */
  async #working(): Promise<EmbeddedDatabase> {
    this.#lost.signal.throwIfAborted()
    if (!this.#database.isCrashed) return this.#database
    const { folder, reopenRoomBytesMin } = this.#init
    // What was in memory alone went with the run that crashed.
    if (folder === undefined) throw this.#lose('memory')
    if ((await this.#watch?.isThere()) === false) throw this.#lose(folder)
    if (this.#clock.monotonic() < this.#nextTryMs) throw new DatabaseUnavailableError(undefined)
    await this.#reopen(folder, reopenRoomBytesMin ?? REOPEN_ROOM_BYTES_MIN)
    return this.#database
  }

  async #reopen(folder: string, roomBytesMin: number): Promise<void> {
    this.#database.discard()
    this.#rest()
    // Without room it would crash again, in the middle of its start.
    if (!(await hasRoom(folder, roomBytesMin))) {
      throw new DatabaseUnavailableError(`there is no room for ${roomBytesMin} bytes in ${folder}`)
    }
    try {
      this.#database = await EmbeddedDatabase.open({ folder })
    } catch (cause) {
      this.#rest()
      throw new DatabaseUnavailableError(cause)
    }
  }

  /** From now on; a try may itself take long. */
  #rest(): void {
    this.#nextTryMs = this.#clock.monotonic() + (this.#init.reopenRestMs ?? REOPEN_REST_MS)
  }

  #deafen(error: DatabaseUnavailableError): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const { onLost } of listeners) onLost(error)
  }

  #lose(where: string): DatabaseLostError {
    const error = new DatabaseLostError(where)
    this.#lost.abort(error)
    return error
  }
}
