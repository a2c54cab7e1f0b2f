import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import type { BoundedQueue } from '@shardline/core'
import type { ByteSource } from '../byte-source.ts'
import { FileMissingError, FileTooLargeError, SourceOfflineError, SourceUnreachableError } from '../errors.ts'
import { SIDE_FILE_BYTES_MAX } from '../limits.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { contentCheckOf } from './content-check.ts'
import { fileSha256 } from './file-digest.ts'
import type { HttpClient } from './http-client.ts'
import type { DownloadOptions } from './http-source.ts'
import { HttpSource } from './http-source.ts'
import { recall, remember } from './remembered.ts'
import type { RemoteFile } from './remote-file.ts'
import { describeRemoteFile } from './remote-file.ts'
import type { SharedFile } from './shared-file.ts'
import { shareWholeFile } from './shared-file.ts'
import { SourceShelf } from './source-shelf.ts'

/** Where the files of a {@link RemoteFiles} are and where they are kept. */
export interface RemoteFilesInit extends DownloadOptions {
  readonly reference: string
  readonly names: readonly string[]
  readonly urlOf: (name: string) => URL
  /** Whether entity tags are checksums. */
  readonly isHub: boolean
  /** Whether the content under these addresses can't ever change, so that a remembered description is as good as a fresh one. */
  readonly isImmutable: boolean
  /** Folder of the model in the cache. */
  readonly folder: string
  /** Subfolder for descriptions: one for each state of the model. */
  readonly state: string
  /** Where digests are remembered. */
  readonly cacheFolder: string
  readonly client: HttpClient
  readonly queue: BoundedQueue
  /** @default SIDE_FILE_BYTES_MAX */
  readonly sideFileBytesMax?: number
  /** @default SOURCE_FILE_BYTES_MAX */
  readonly fileBytesMax?: number
  readonly signal?: AbortSignal
}

const DESCRIPTION = Type.Object({
  sizeBytes: Type.Integer({ minimum: 0 }),
  etag: Type.String(),
  isChecksum: Type.Boolean(),
})

/** Files on a server, each fetched as far as it is read. */
export class RemoteFiles implements CheckpointFiles {
  readonly reference: string
  readonly names: readonly string[]
  readonly origin: undefined
  readonly #init: RemoteFilesInit
  readonly #shelf: SourceShelf<HttpSource>

  constructor(init: RemoteFilesInit) {
    this.reference = init.reference
    this.names = init.names
    this.#init = init
    this.#shelf = new SourceShelf(async (name) => {
      const file = await this.#describe(name)
      return HttpSource.open({ ...init, file, folder: join(init.folder, 'blobs') })
    })
  }

  open(name: string): Promise<ByteSource> {
    return this.openRemote(name)
  }

  /** As {@link open}, with what only downloads have. */
  async openRemote(name: string): Promise<HttpSource> {
    if (!this.names.includes(name)) throw new FileMissingError(this.reference, name)
    return this.#shelf.get(name)
  }

  async readText(name: string): Promise<string | undefined> {
    if (!this.names.includes(name)) return undefined
    const source = await this.openRemote(name)
    const limitBytes = this.#init.sideFileBytesMax ?? SIDE_FILE_BYTES_MAX
    if (source.sizeBytes > limitBytes) throw new FileTooLargeError(source.label, source.sizeBytes, limitBytes)
    const bytes = await source.read(0, source.sizeBytes, this.#signalOption())
    return new TextDecoder().decode(bytes)
  }

  async sha256(name: string): Promise<string> {
    const source = await this.openRemote(name)
    if (source.check.kind === 'sha256') return source.check.digest
    await source.fetchAll(this.#signalOption())
    return fileSha256(source.path, { cacheFolder: this.#init.cacheFolder })
  }

  async share(
    name: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<SharedFile | undefined> {
    const source = await this.openRemote(name)
    if (!source.isComplete) return undefined
    return shareWholeFile(
      { name, path: source.path, source },
      { ...options, cacheFolder: this.#init.cacheFolder },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shelf[Symbol.asyncDispose]()
  }

  #signalOption(): { readonly signal?: AbortSignal } {
    return this.#init.signal === undefined ? {} : { signal: this.#init.signal }
  }

  /** Asks the server, unless that is needless or impossible; remembers what it says for times without network. */
  async #describe(name: string): Promise<RemoteFile> {
    const { folder, state, isImmutable, isOffline } = this.#init
    const path = join(folder, 'files', state, `${encodeURIComponent(name)}.json`)
    const remembered = await this.#recall(name, path)
    if (remembered !== undefined && (isImmutable || isOffline === true)) return remembered
    if (isOffline === true) throw new SourceOfflineError(`${name} of ${this.reference}`)
    try {
      const { isHub, urlOf, client, signal, fileBytesMax } = this.#init
      const file = await describeRemoteFile(client, { name, url: urlOf(name), isHub, signal, fileBytesMax })
      await remember(path, {
        sizeBytes: file.sizeBytes,
        etag: file.etag,
        isChecksum: file.check.kind !== 'none',
      })
      return file
    } catch (cause) {
      if (cause instanceof SourceUnreachableError && remembered !== undefined) return remembered
      throw cause
    }
  }

  async #recall(name: string, path: string): Promise<RemoteFile | undefined> {
    const known = await recall(path, DESCRIPTION)
    if (known === undefined) return undefined
    const { sizeBytes, etag } = known
    return {
      name,
      url: this.#init.urlOf(name),
      sizeBytes,
      etag,
      check: known.isChecksum ? contentCheckOf(etag) : { kind: 'none' },
    }
  }
}
