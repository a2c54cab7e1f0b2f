import type { Stats } from 'node:fs'
import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ByteSource } from '../byte-source.ts'
import { FileMissingError, FileTooLargeError, SourceReadError } from '../errors.ts'
import { CHECKPOINT_FILES_MAX, SIDE_FILE_BYTES_MAX } from '../limits.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { fileSha256 } from './file-digest.ts'
import { openFileSource } from './file-source.ts'
import type { SharedFile } from './shared-file.ts'
import { shareWholeFile } from './shared-file.ts'
import { selectFiles } from './select-files.ts'
import { SourceShelf } from './source-shelf.ts'

/** What {@link openLocalFiles} opens. */
export interface LocalFilesInit {
  /** What the user wrote. */
  readonly reference: string
  /** The folder or file. */
  readonly path: string
  /** File inside the folder that the user named, if any. */
  readonly wanted: string | undefined
  /** Where digests are remembered. */
  readonly cacheFolder: string
  /** @default SIDE_FILE_BYTES_MAX */
  readonly sideFileBytesMax?: number
}

/**
 * The files of a checkpoint in a local folder. A path to a `.gguf` file is that file alone; a path to `config.json` or to a
 * `.safetensors` file is its folder.
 *
 * @throws SourceReadError if the folder can't be listed; what selectFiles throws if it holds no checkpoint or several.
 */
export async function openLocalFiles(init: LocalFilesInit): Promise<CheckpointFiles> {
  const stats = await statOf(init.path)
  const folder = stats.isDirectory() ? init.path : dirname(init.path)
  const wanted = stats.isDirectory() ? init.wanted : basename(init.path)
  const names = selectFiles({ reference: init.reference, names: await listFolder(folder), wanted })
  return new LocalFiles(init, folder, names)
}

class LocalFiles implements CheckpointFiles {
  readonly reference: string
  readonly names: readonly string[]
  readonly origin: undefined
  readonly #init: LocalFilesInit
  readonly #folder: string
  readonly #shelf: SourceShelf<ByteSource>

  constructor(init: LocalFilesInit, folder: string, names: readonly string[]) {
    this.reference = init.reference
    this.names = names
    this.#init = init
    this.#folder = folder
    this.#shelf = new SourceShelf((name) => openFileSource(join(folder, name)))
  }

  async open(name: string): Promise<ByteSource> {
    return this.#shelf.get(this.#known(name))
  }

  async readText(name: string): Promise<string | undefined> {
    if (!this.names.includes(name)) return undefined
    const path = join(this.#folder, name)
    const limitBytes = this.#init.sideFileBytesMax ?? SIDE_FILE_BYTES_MAX
    const { size } = await statOf(path)
    if (size > limitBytes) throw new FileTooLargeError(path, size, limitBytes)
    try {
      return await readFile(path, 'utf8')
    } catch (cause) {
      throw new SourceReadError(path, 'it cannot be read as text', cause)
    }
  }

  async sha256(name: string): Promise<string> {
    return fileSha256(join(this.#folder, this.#known(name)), { cacheFolder: this.#init.cacheFolder })
  }

  async share(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<SharedFile> {
    const file = { name, path: join(this.#folder, this.#known(name)), source: await this.open(name) }
    return shareWholeFile(file, { ...options, cacheFolder: this.#init.cacheFolder })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shelf[Symbol.asyncDispose]()
  }

  #known(name: string): string {
    if (!this.names.includes(name)) throw new FileMissingError(this.reference, name)
    return name
  }
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (cause) {
    throw new SourceReadError(path, 'it is not there or not accessible', cause)
  }
}

async function listFolder(folder: string): Promise<readonly string[]> {
  let names: readonly string[]
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    names = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map((entry) => entry.name)
  } catch (cause) {
    throw new SourceReadError(folder, 'the folder cannot be listed', cause)
  }
  if (names.length > CHECKPOINT_FILES_MAX) {
    throw new SourceReadError(
      folder,
      `it holds ${names.length} files, over the limit of ${CHECKPOINT_FILES_MAX}`,
    )
  }
  return names
}
