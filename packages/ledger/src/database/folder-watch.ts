import { unwatchFile, watchFile } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Every data folder of PostgreSQL has it, from its making to its end. */
const MARK_FILE = 'PG_VERSION'

/** What to watch. */
export interface FolderWatchInit {
  /** The data folder of an open database. */
  readonly folder: string
  /** Milliseconds between two looks. */
  readonly intervalMs: number
  /** Called once, when the folder is gone or another one is in its place. */
  readonly onGone: () => void
}

/** Notices when a data folder vanishes under an open database, which itself might not for a long time. */
export class FolderWatch {
  readonly #mark: string
  readonly #inode: bigint
  readonly #onGone: () => void
  readonly #look: () => void
  #isOver = false

  private constructor(mark: string, inode: bigint, { intervalMs, onGone }: FolderWatchInit) {
    this.#mark = mark
    this.#inode = inode
    this.#onGone = onGone
    this.#look = () => void this.isThere()
    watchFile(mark, { interval: intervalMs, persistent: false }, this.#look)
  }

  /** Begins to watch. @throws what the file system throws if the folder holds no database. */
  static async start(init: FolderWatchInit): Promise<FolderWatch> {
    const mark = join(init.folder, MARK_FILE)
    const { ino } = await stat(mark, { bigint: true })
    return new FolderWatch(mark, ino, init)
  }

  /** Looks now. */
  async isThere(): Promise<boolean> {
    const found = await stat(this.#mark, { bigint: true }).catch(() => undefined)
    if (found?.ino === this.#inode) return true
    if (!this.#isOver) {
      this.#isOver = true
      this.#onGone()
    }
    return false
  }

  stop(): void {
    this.#isOver = true
    unwatchFile(this.#mark, this.#look)
  }
}
