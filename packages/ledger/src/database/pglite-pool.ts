import { PGlite, types } from '@electric-sql/pglite'
import { lockFolder } from './folder-lock.ts'
import type { LedgerConnection, LedgerPool, ListenInit, Listening, QueryRows } from './ledger-pool.ts'

/** Options of {@link openPglitePool}. */
export interface PgliteInit {
  /** Folder of the data; undefined keeps everything in memory. */
  readonly folder: string | undefined
  /** A dumped data folder to start from: saves most of the time of a first start. */
  readonly template?: Blob
}

/** Opens the embedded database. One process may open a folder at a time. @throws DatabaseInUseError */
export async function openPglitePool(init: PgliteInit): Promise<PglitePool> {
  const unlock = init.folder === undefined ? () => Promise.resolve() : await lockFolder(init.folder)
  try {
    const database = await PGlite.create({
      ...(init.folder === undefined ? {} : { dataDir: init.folder }),
      ...(init.template === undefined ? {} : { loadDataDir: init.template }),
      parsers: { [types.INT8]: (value: string) => BigInt(value) },
    })
    return new PglitePool(database, unlock)
  } catch (cause) {
    await unlock()
    throw cause
  }
}

/** The embedded database as a pool of one connection: who asks while it is taken waits in line. */
export class PglitePool implements LedgerPool {
  readonly #database: PGlite
  readonly #unlock: () => Promise<void>
  #last: Promise<void> = Promise.resolve()

  /** `unlock` is called when the database is closed. */
  constructor(database: PGlite, unlock: () => Promise<void>) {
    this.#database = database
    this.#unlock = unlock
  }

  async connect(): Promise<LedgerConnection> {
    const before = this.#last
    let release = (): void => undefined
    this.#last = new Promise((resolve) => {
      release = resolve
    })
    await before
    return { query: (sql, parameters) => this.#query(sql, parameters), release: () => release() }
  }

  async listen({ channel, onPayload }: ListenInit): Promise<Listening> {
    const stop = await this.#inLine(() => this.#database.listen(channel, onPayload))
    return {
      stop: async () => {
        if (!this.#database.closed) await this.#inLine(() => stop())
      },
    }
  }

  async end(): Promise<void> {
    try {
      if (!this.#database.closed) await this.#database.close()
    } finally {
      await this.#unlock()
    }
  }

  /** The data folder as a file that {@link PgliteInit.template} takes. */
  dump(): Promise<Blob> {
    return this.#database.dumpDataDir('none')
  }

  /** LISTEN in the middle of somebody's transaction would be taken back with it. */
  async #inLine<T>(work: () => Promise<T>): Promise<T> {
    const connection = await this.connect()
    try {
      return await work()
    } finally {
      connection.release()
    }
  }

  async #query<Row>(sql: string, parameters: readonly unknown[]): Promise<QueryRows<Row>> {
    const { rows, affectedRows } = await this.#database.query<Row>(sql, [...parameters])
    const command = /^\s*(update|delete|insert|merge)\b/i.exec(sql)?.[1]?.toUpperCase() ?? 'SELECT'
    return {
      command: command as QueryRows<Row>['command'],
      rowCount: affectedRows ?? rows.length,
      rows,
    }
  }
}
