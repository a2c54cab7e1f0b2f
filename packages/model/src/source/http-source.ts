import type { BoundedQueue } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { ByteSource } from '../byte-source.ts'
import { SourceOfflineError, SourceProtocolError, SourceReadError } from '../errors.ts'
import { RANGELESS_BYTES_MAX, RANGE_BYTES_MAX, SOURCE_BLOCK_BYTES } from '../limits.ts'
import { BlockFile } from './block-file.ts'
import type { BlockRun } from './block-jobs.ts'
import { BlockJobs } from './block-jobs.ts'
import { checkRange } from './check-range.ts'
import type { ContentCheck } from './content-check.ts'
import type { HttpClient } from './http-client.ts'
import { addressOf } from './http-client.ts'
import type { RangeOutcome } from './range-download.ts'
import { downloadRange } from './range-download.ts'
import type { RemoteFile } from './remote-file.ts'
import { blobKeyOf } from './remote-file.ts'

/** Called while bytes arrive: `what` is a file's name. */
export type SourceProgress = (progress: {
  readonly what: string
  readonly doneBytes: number
  readonly totalBytes: number
}) => void

/** Settings of downloads. */
export interface DownloadOptions {
  /** Bytes of one block: the unit of fetching and keeping. @default SOURCE_BLOCK_BYTES */
  readonly blockBytes?: number
  /** Bytes of one Range request at the most. @default RANGE_BYTES_MAX */
  readonly rangeBytesMax?: number
  /** Bytes of a file whose server ignores Range requests, at the most. @default RANGELESS_BYTES_MAX */
  readonly rangelessBytesMax?: number
  /** Whether only what is in the cache may be used. @default false */
  readonly isOffline?: boolean
  /** @default none */
  readonly onProgress?: SourceProgress
}

/** Collaborators and settings of an {@link HttpSource}. */
export interface HttpSourceInit extends DownloadOptions {
  readonly file: RemoteFile
  /** Folder of the cache for contents. */
  readonly folder: string
  readonly client: HttpClient
  /** Bounds the requests that run at the same time; shared by the files of a model. */
  readonly queue: BoundedQueue
}

/**
 * A file on a server, read by ranges and kept in the cache: a block is fetched once, ever.
 *
 * Readers that need the same block share its request, and adjacent blocks are fetched together. Once all blocks are there,
 * the whole content is checked; until then each answer's entity tag, range and length are.
 */
export class HttpSource implements ByteSource {
  readonly label: string
  readonly sizeBytes: number
  readonly #init: HttpSourceInit
  readonly #jobs: BlockJobs
  #store: BlockFile
  #finishing: Promise<void> | undefined
  #whole: Promise<RangeOutcome> | undefined
  readonly #lifetime = new AbortController()
  #isClosed = false

  private constructor(init: HttpSourceInit, store: BlockFile) {
    this.label = addressOf(init.file.url)
    this.sizeBytes = init.file.sizeBytes
    this.#init = init
    this.#store = store
    const blockBytes = init.blockBytes ?? SOURCE_BLOCK_BYTES
    this.#jobs = new BlockJobs({
      runBlocksMax: Math.max(1, Math.floor((init.rangeBytesMax ?? RANGE_BYTES_MAX) / blockBytes)),
      fetch: (run, signal) => init.queue.add(() => this.#fetch(run, signal)),
    })
  }

  /** Opens the cached part of a file; nothing is fetched yet. @throws SourceCacheError. */
  static async open(init: HttpSourceInit): Promise<HttpSource> {
    return new HttpSource(init, await openStore(init))
  }

  /** What the whole content is checked against. */
  get check(): ContentCheck {
    return this.#init.file.check
  }

  /** Path of the whole, checked file in the cache, once {@link fetchAll} has resolved. */
  get path(): string {
    return this.#store.path
  }

  /** Bytes that are in the cache. */
  get presentBytes(): number {
    return this.#store.presentBytes
  }

  async read(
    offset: number,
    length: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    checkRange(this, offset, length)
    if (length === 0) return new Uint8Array(0)
    const blockBytes = this.#blockBytes
    const first = Math.floor(offset / blockBytes)
    const last = Math.floor((offset + length - 1) / blockBytes)
    await this.#ensure(first, last, { signal: options.signal, isConfirmed: true })
    return this.#store.read(offset, length)
  }

  /**
   * Fetches all that is missing and checks the content.
   *
   * @throws ChecksumMismatchError if the content is wrong; errors of reading.
   */
  async fetchAll(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#report()
    // A block that lost its bytes on the disk is only noticed by the check at the end; it is fetched in the next round.
    while (!this.#store.isComplete) {
      await this.#ensure(0, this.#store.blockCount - 1, { signal: options.signal, isConfirmed: false })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#lifetime.abort()
    await this.#jobs.stop()
    await this.#finishing?.catch(() => undefined)
    await this.#store[Symbol.asyncDispose]()
  }

  get #blockBytes(): number {
    return this.#init.blockBytes ?? SOURCE_BLOCK_BYTES
  }

  async #ensure(
    first: number,
    last: number,
    options: { readonly signal: AbortSignal | undefined; readonly isConfirmed: boolean },
  ): Promise<void> {
    const { signal, isConfirmed } = options
    const missing: number[] = []
    for (let block = first; block <= last; block++) {
      this.#checkOpen(signal)
      const isThere = isConfirmed ? await this.#store.confirm(block) : this.#store.has(block)
      if (!isThere) missing.push(block)
    }
    if (missing.length > 0 && this.#init.isOffline === true)
      throw new SourceOfflineError(this.#init.file.name)
    // Some may have come while others were confirmed.
    await this.#jobs.want(
      missing.filter((block) => !this.#store.has(block)),
      signal,
    )
    this.#checkOpen(signal)
    if (this.#store.isFull && !this.#store.isComplete) await this.#finish()
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    if (this.#isClosed) throw new SourceReadError(this.label, 'it was closed')
    if (signal?.aborted === true) throw new AbortedError(`reading ${this.label}`, signal.reason)
  }

  #finish(): Promise<void> {
    this.#finishing ??= this.#finishOnce().finally(() => {
      this.#finishing = undefined
    })
    return this.#finishing
  }

  async #finishOnce(): Promise<void> {
    try {
      await this.#store.finish()
    } catch (cause) {
      // What was wrong is deleted: whoever reads again starts afresh.
      await this.#store[Symbol.asyncDispose]()
      this.#store = await openStore(this.#init)
      throw fromUnknown(cause)
    }
  }

  async #fetch(run: BlockRun, signal: AbortSignal): Promise<void> {
    if (this.#whole === undefined) {
      const start = run.first * this.#blockBytes
      const end = Math.min(this.sizeBytes, start + run.count * this.#blockBytes)
      if ((await this.#download({ start, end }, signal)) === 'done') return
    }
    await this.#fetchWhole()
  }

  /** Once for all jobs, because the server sends the whole file whatever is asked for; so only closing ends it early. */
  async #fetchWhole(): Promise<void> {
    const limitBytes = this.#init.rangelessBytesMax ?? RANGELESS_BYTES_MAX
    if (this.sizeBytes > limitBytes) {
      const why = `it ignores Range requests, and the whole file of ${this.sizeBytes} bytes is over the limit of ${limitBytes}`
      throw new SourceProtocolError(this.label, why)
    }
    this.#whole ??= this.#download({ start: 0, end: this.sizeBytes }, this.#lifetime.signal).finally(() => {
      this.#whole = undefined
    })
    await this.#whole
  }

  async #download(
    range: { readonly start: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<RangeOutcome> {
    return downloadRange({
      client: this.#init.client,
      file: this.#init.file,
      blockBytes: this.#blockBytes,
      ...range,
      signal,
      onBlock: async (block, bytes) => {
        if (!this.#store.has(block)) await this.#store.write(block, bytes)
        this.#jobs.settle(block)
        this.#report()
      },
    })
  }

  #report(): void {
    this.#init.onProgress?.({
      what: this.#init.file.name,
      doneBytes: this.#store.presentBytes,
      totalBytes: this.sizeBytes,
    })
  }
}

function openStore(init: HttpSourceInit): Promise<BlockFile> {
  const { file, folder } = init
  return BlockFile.open({
    folder,
    key: blobKeyOf(file),
    sizeBytes: file.sizeBytes,
    check: file.check,
    blockBytes: init.blockBytes ?? SOURCE_BLOCK_BYTES,
    label: `${file.name} from ${addressOf(file.url)}`,
  })
}
