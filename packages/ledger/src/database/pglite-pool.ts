import { mkdir } from 'node:fs/promises'
import { PGlite, types } from '@electric-sql/pglite'
import type { LedgerConnection, LedgerPool, QueryRows } from './ledger-pool.ts'

/** Options of {@link openPglitePool}. */
export interface PgliteInit {
  /** Folder of the data; undefined keeps everything in memory. */
  readonly folder: string | undefined
  /** A dumped data folder to start from: saves most of the time of a first start. */
  readonly template?: Blob
}

/** Opens the embedded database. One process may open a folder at a time. */
export async function openPglitePool(init: PgliteInit): Promise<PglitePool> {
  if (init.folder !== undefined) await mkdir(init.folder, { recursive: true })
  const database = await PGlite.create({
    ...(init.folder === undefined ? {} : { dataDir: init.folder }),
    ...(init.template === undefined ? {} : { loadDataDir: init.template }),
    parsers: { [types.INT8]: (value: string) => BigInt(value) },
  })
  return new PglitePool(database)
}

/** The embedded database as a pool of one connection: who asks while it is taken waits in line. */
export class PglitePool implements LedgerPool {
  readonly #database: PGlite
  #last: Promise<void> = Promise.resolve()

  constructor(database: PGlite) {
    this.#database = database
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

  async end(): Promise<void> {
    if (!this.#database.closed) await this.#database.close()
  }

  /** The data folder as a file that {@link PgliteInit.template} takes. */
  dump(): Promise<Blob> {
    return this.#database.dumpDataDir('none')
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
