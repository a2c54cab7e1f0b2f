import { PGlite, types } from '@electric-sql/pglite'
import { guardCrashes } from './crash-guard.ts'
import type { CrashGuard } from './crash-guard.ts'
import type { QueryRows } from './ledger-pool.ts'

/** Options of {@link EmbeddedDatabase.open}. */
export interface EmbeddedInit {
  /** Folder of the data; undefined keeps everything in memory. */
  readonly folder: string | undefined
  /** A dumped data folder to start from. */
  readonly template?: Blob | undefined
}

/** Reports of a long start come by a timer that outlives a run that crashes, and keeps the process alive for ever. */
const NO_TIMERS = Object.freeze(['-c', 'log_startup_progress_interval=0'])

/** One run of the embedded PostgreSQL over a folder. It may crash; then another run may be opened over the same folder. */
export class EmbeddedDatabase {
  readonly #database: PGlite
  readonly #guard: CrashGuard
  #isClosed = false

  private constructor(database: PGlite) {
    this.#database = database
    this.#guard = guardCrashes(database.Module)
  }

  /** Starts it; recovers what an earlier run left. @throws what PGlite throws. */
  static async open({ folder, template }: EmbeddedInit): Promise<EmbeddedDatabase> {
    const database = new PGlite({
      ...(folder === undefined ? {} : { dataDir: folder }),
      ...(template === undefined ? {} : { loadDataDir: template }),
      startParams: [...PGlite.defaultStartParams, ...NO_TIMERS],
      parsers: { [types.INT8]: (value: string) => BigInt(value) },
    })
    try {
      await database.waitReady
    } catch (cause) {
      closeFiles(database)
      throw cause
    }
    return new EmbeddedDatabase(database)
  }

  /** Whether it has crashed: then it answers nothing more, and may only be discarded. */
  get isCrashed(): boolean {
    return this.#guard.crash !== undefined
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  async query<Row>(sql: string, parameters: readonly unknown[]): Promise<QueryRows<Row>> {
    const { rows, affectedRows } = await this.#database.query<Row>(sql, [...parameters])
    const command = /^\s*(update|delete|insert|merge)\b/i.exec(sql)?.[1]?.toUpperCase() ?? 'SELECT'
    return {
      command: command as QueryRows<Row>['command'],
      rowCount: affectedRows ?? rows.length,
      rows,
    }
  }

  /** Hears a channel; resolves with what ends it. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#database.listen(channel, onPayload)
  }

  /** The data folder as a file that {@link EmbeddedInit.template} takes. */
  dump(): Promise<Blob> {
    return this.#database.dumpDataDir('none')
  }

  /** Writes down what is to be kept, and ends. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#database.close()
  }

  /** Ends without a word to the disk, as a killed server does: what was committed stays. */
  discard(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeFiles(this.#database)
  }
}

/** A run that ended in a crash doesn't close its files itself. */
function closeFiles({ Module }: PGlite): void {
  // There is no module if it never came that far.
  const module = Module as PGlite['Module'] | undefined
  try {
    module?.FS.quit()
  } catch {
    // The folder under an open file may be gone.
  }
}
