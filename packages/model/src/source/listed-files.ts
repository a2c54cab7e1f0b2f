import { join } from 'node:path'
import type { Clock, Log, Random } from '@shardline/core'
import { BoundedQueue, InvalidValueError } from '@shardline/core'
import type { ByteSource } from '../byte-source.ts'
import { FileMissingError, FileTooLargeError } from '../errors.ts'
import { REQUESTS_MAX, REQUESTS_QUEUED_MAX, SIDE_FILE_BYTES_MAX, SOURCE_FILE_BYTES_MAX } from '../limits.ts'
import { obtainBlockHashes } from './obtain-block-hashes.ts'
import type { SourceProgress } from './cached-blocks.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { contentIdOf } from './content-id.ts'
import { checkFileName } from './file-name.ts'
import { ListedSource } from './listed-source.ts'
import { remember } from './remembered.ts'
import type { RetryOptions } from './retry.ts'
import type { ListedFile, SharedFile } from './shared-file.ts'
import { MODEL_FILE } from './source-cache.ts'
import { SourceShelf } from './source-shelf.ts'
import { WeightCrew } from './weight-crew.ts'

/** Settings of files that come from other nodes. */
export interface ListedFilesOptions extends RetryOptions {
  /** Folder for everything that is kept between runs. */
  readonly cacheFolder: string
  /** Asks of one model that are under way at the same time. @default REQUESTS_MAX */
  readonly requestsMax?: number
  /** @default SIDE_FILE_BYTES_MAX */
  readonly sideFileBytesMax?: number
  /** Bytes of one file at the most. @default SOURCE_FILE_BYTES_MAX */
  readonly fileBytesMax?: number
  /** @default none */
  readonly onProgress?: SourceProgress
}

/** What a {@link ListedFiles} works with, and which model it is. */
export interface ListedFilesInit extends ListedFilesOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What the model is called. */
  readonly reference: string
  /** All its files, as somebody who has them lists them. */
  readonly files: readonly ListedFile[]
}

/**
 * The files of a checkpoint that other nodes hold, of which nothing is known but a listing. Whoever is in its {@link crew} is
 * asked for blocks; each is checked against the listing before it is used.
 */
export class ListedFiles implements CheckpointFiles {
  readonly reference: string
  readonly names: readonly string[]
  readonly origin: string
  /** Who is asked. */
  readonly crew: WeightCrew
  readonly #init: ListedFilesInit
  readonly #folder: string
  readonly #listed: ReadonlyMap<string, ListedFile>
  readonly #shelf: SourceShelf<ListedSource>
  readonly #over = new AbortController()

  /** @throws FileNameRefusedError, FileTooLargeError or InvalidValueError for a listing that is none. */
  constructor(init: ListedFilesInit) {
    checkListing(init)
    const { reference, files, cacheFolder } = init
    this.reference = reference
    this.names = files.map(({ name }) => name).toSorted()
    this.origin = contentIdOf(files)
    this.crew = new WeightCrew(init, init)
    this.#init = init
    this.#folder = join(cacheFolder, 'sources', 'nodes', this.origin.slice(0, 32))
    this.#listed = new Map(files.map((file) => [file.name, file]))
    const queue = new BoundedQueue({
      entriesMax: REQUESTS_QUEUED_MAX,
      concurrency: init.requestsMax ?? REQUESTS_MAX,
    })
    this.#shelf = new SourceShelf((name) => this.#open(name, queue))
  }

  open(name: string): Promise<ByteSource> {
    return this.#source(name)
  }

  async readText(name: string): Promise<string | undefined> {
    if (!this.#listed.has(name)) return undefined
    const source = await this.#source(name)
    const limitBytes = this.#init.sideFileBytesMax ?? SIDE_FILE_BYTES_MAX
    if (source.sizeBytes > limitBytes) throw new FileTooLargeError(source.label, source.sizeBytes, limitBytes)
    return new TextDecoder().decode(await source.read(0, source.sizeBytes))
  }

  async sha256(name: string): Promise<string> {
    return this.#file(name).sha256
  }

  async share(name: string): Promise<SharedFile | undefined> {
    return (await this.#source(name)).asShared()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#shelf[Symbol.asyncDispose]()
    await this.crew[Symbol.asyncDispose]()
  }

  async #source(name: string): Promise<ListedSource> {
    this.#file(name)
    return this.#shelf.get(name)
  }

  #file(name: string): ListedFile {
    const file = this.#listed.get(name)
    if (file === undefined) throw new FileMissingError(this.reference, name)
    return file
  }

  async #open(name: string, queue: BoundedQueue): Promise<ListedSource> {
    const file = this.#file(name)
    const { crew } = this
    await remember(join(this.#folder, MODEL_FILE), { reference: this.reference, host: 'other nodes' })
    const hashes = await obtainBlockHashes(file, { crew, folder: this.#folder, signal: this.#over.signal })
    const folder = join(this.#folder, 'blobs')
    return ListedSource.open({ file, hashes, crew, queue, folder, onProgress: this.#init.onProgress })
  }
}

function checkListing({ reference, files, fileBytesMax = SOURCE_FILE_BYTES_MAX }: ListedFilesInit): void {
  const names = new Set<string>()
  for (const { name, sizeBytes, sha256, blocks } of files) {
    checkFileName(name)
    if (names.has(name)) throw new InvalidValueError(`${reference}: the file ${name} is listed twice`)
    names.add(name)
    if (sizeBytes > fileBytesMax) throw new FileTooLargeError(name, sizeBytes, fileBytesMax)
    if (![sha256, blocks].every((digest) => /^[0-9a-f]{64}$/.test(digest)))
      throw new InvalidValueError(`${reference}: a digest of ${name} is not SHA-256 in hex`)
  }
}
