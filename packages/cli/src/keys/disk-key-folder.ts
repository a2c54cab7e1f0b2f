import type { Random } from '@shardline/core'
import type { KeyFolder, StoredFile } from '@shardline/identity'
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { InputUnreadableError, OutputUnwritableError } from '../errors.ts'
import { systemReason } from '../run/system-reason.ts'

/** What a {@link DiskKeyFolder} works with. */
export interface DiskKeyFolderInit {
  readonly path: string
  /** Names the files that are written before they get their own name. */
  readonly random: Pick<Random, 'bytes'>
  readonly platform: NodeJS.Platform
}

const PERMISSION_BITS = 0o777
const SUFFIX_BYTES = 8

/** A key folder on this machine's disk. Windows has no permission bits; there the user's own folders protect keys. */
export class DiskKeyFolder implements KeyFolder {
  readonly path: string
  readonly #random: Pick<Random, 'bytes'>
  readonly #hasModes: boolean

  constructor(init: DiskKeyFolderInit) {
    this.path = init.path
    this.#random = init.random
    this.#hasModes = init.platform !== 'win32'
  }

  async make(mode: number): Promise<void> {
    await this.#writing(this.path, () => mkdir(this.path, { recursive: true, mode }))
  }

  async mode(): Promise<number | undefined> {
    if (!this.#hasModes) return undefined
    const found = await this.#reading(this.path, () => stat(this.path))
    return found === undefined ? undefined : found.mode & PERMISSION_BITS
  }

  async list(): Promise<readonly string[]> {
    return (await this.#reading(this.path, () => readdir(this.path))) ?? []
  }

  async read(fileName: string, bytesMax: number): Promise<StoredFile | undefined> {
    const path = join(this.path, fileName)
    return this.#reading(path, async () => {
      await using file = await open(path, 'r')
      // Of the open file, so that what is checked is what is read.
      const { mode } = await file.stat()
      return {
        bytes: await readStart(file, bytesMax),
        mode: this.#hasModes ? mode & PERMISSION_BITS : undefined,
      }
    })
  }

  async create(
    fileName: string,
    file: { readonly bytes: Uint8Array; readonly mode: number },
  ): Promise<boolean> {
    const path = join(this.path, fileName)
    return this.#writing(path, async () => {
      const prepared = await this.#prepare(path, file)
      try {
        // Unlike a renamed file, a link never takes the place of another.
        await link(prepared, path)
      } catch (cause) {
        if (isSystemError(cause, 'EEXIST')) return false
        throw cause
      } finally {
        await rm(prepared, { force: true })
      }
      await this.#sync()
      return true
    })
  }

  async replace(
    fileName: string,
    file: { readonly bytes: Uint8Array; readonly mode: number },
  ): Promise<void> {
    const path = join(this.path, fileName)
    await this.#writing(path, async () => {
      await rename(await this.#prepare(path, file), path)
      await this.#sync()
    })
  }

  /** Writes the bytes to a file of another name, down to the disk, and gives that name. */
  async #prepare(
    path: string,
    content: { readonly bytes: Uint8Array; readonly mode: number },
  ): Promise<string> {
    const prepared = `${path}.${Buffer.from(this.#random.bytes(SUFFIX_BYTES)).toString('hex')}.tmp`
    await using file = await open(prepared, 'wx', content.mode)
    try {
      // Makes the mode exact, whatever the process's mask took away.
      if (this.#hasModes) await file.chmod(content.mode)
      await file.writeFile(content.bytes)
      await file.sync()
    } catch (cause) {
      await rm(prepared, { force: true })
      throw cause
    }
    return prepared
  }

  /** Brings the folder's new entry to the disk, where folders can be opened. */
  async #sync(): Promise<void> {
    if (!this.#hasModes) return
    await using folder = await open(this.path, 'r')
    await folder.sync()
  }

  /** Undefined if there is no such file. */
  async #reading<T>(path: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (cause) {
      if (isSystemError(cause, 'ENOENT')) return undefined
      throw new InputUnreadableError(path, systemReason(cause), cause)
    }
  }

  async #writing<T>(path: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (cause) {
      throw new OutputUnwritableError(path, systemReason(cause), cause)
    }
  }
}

async function readStart(file: FileHandle, bytesMax: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytesMax)
  let length = 0
  while (length < bytesMax) {
    const { bytesRead } = await file.read(buffer, length, bytesMax - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.slice(0, length)
}

function isSystemError(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code
}
