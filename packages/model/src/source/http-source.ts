import type { BoundedQueue } from '@shardline/core'
import type { ByteSource } from '../byte-source.ts'
import { SourceProtocolError } from '../errors.ts'
import { RANGELESS_BYTES_MAX, RANGE_BYTES_MAX, SOURCE_BLOCK_BYTES } from '../limits.ts'
import { BlockFile } from './block-file.ts'
import type { BlockRun } from './block-jobs.ts'
import type { KeepBlock, SourceProgress } from './cached-blocks.ts'
import { CachedBlocks } from './cached-blocks.ts'
import type { ContentCheck } from './content-check.ts'
import type { HttpClient } from './http-client.ts'
import { addressOf } from './http-client.ts'
import type { RangeOutcome } from './range-download.ts'
import { downloadRange } from './range-download.ts'
import type { RemoteFile } from './remote-file.ts'
import { blobKeyOf } from './remote-file.ts'

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
  readonly #fetcher: HttpFetcher
  readonly #blocks: CachedBlocks

  private constructor(init: HttpSourceInit, fetcher: HttpFetcher, blocks: CachedBlocks) {
    this.label = addressOf(init.file.url)
    this.sizeBytes = init.file.sizeBytes
    this.#init = init
    this.#fetcher = fetcher
    this.#blocks = blocks
  }

  /** Opens the cached part of a file; nothing is fetched yet. @throws SourceCacheError. */
  static async open(init: HttpSourceInit): Promise<HttpSource> {
    const { file, queue } = init
    const blockBytes = init.blockBytes ?? SOURCE_BLOCK_BYTES
    const fetcher = new HttpFetcher(init, blockBytes)
    const blocks = await CachedBlocks.open({
      name: file.name,
      label: addressOf(file.url),
      sizeBytes: file.sizeBytes,
      blockBytes,
      runBlocksMax: Math.max(1, Math.floor((init.rangeBytesMax ?? RANGE_BYTES_MAX) / blockBytes)),
      isOffline: init.isOffline ?? false,
      openStore: () => openStore(init),
      fetch: (run, keep, signal) => queue.add(() => fetcher.fetch(run, keep, signal)),
      onProgress: init.onProgress,
    })
    return new HttpSource(init, fetcher, blocks)
  }

  /** What the whole content is checked against. */
  get check(): ContentCheck {
    return this.#init.file.check
  }

  /** Path of the whole, checked file in the cache, once {@link isComplete}. */
  get path(): string {
    return this.#blocks.path
  }

  /** Whether the content is whole and checked, as it is when {@link fetchAll} has resolved. */
  get isComplete(): boolean {
    return this.#blocks.isComplete
  }

  /** Bytes that are in the cache. */
  get presentBytes(): number {
    return this.#blocks.presentBytes
  }

  read(offset: number, length: number, options: { readonly signal?: AbortSignal } = {}): Promise<Uint8Array> {
    return this.#blocks.read(offset, length, options.signal)
  }

  /**
   * Fetches all that is missing and checks the content.
   *
   * @throws ChecksumMismatchError if the content is wrong; errors of reading.
   */
  fetchAll(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#blocks.fetchAll(options.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fetcher.close()
    await this.#blocks[Symbol.asyncDispose]()
  }
}

/** Fetches blocks of one file from its server. */
class HttpFetcher {
  readonly #init: HttpSourceInit
  readonly #blockBytes: number
  readonly #lifetime = new AbortController()
  #whole: Promise<RangeOutcome> | undefined

  constructor(init: HttpSourceInit, blockBytes: number) {
    this.#init = init
    this.#blockBytes = blockBytes
  }

  async fetch(run: BlockRun, keep: KeepBlock, signal: AbortSignal): Promise<void> {
    if (this.#whole === undefined) {
      const start = run.first * this.#blockBytes
      const end = Math.min(this.#init.file.sizeBytes, start + run.count * this.#blockBytes)
      if ((await this.#download({ start, end }, keep, signal)) === 'done') return
    }
    await this.#fetchWhole(keep)
  }

  close(): void {
    this.#lifetime.abort()
  }

  /** Once for all jobs, because the server sends the whole file whatever is asked for; so only closing ends it early. */
  async #fetchWhole(keep: KeepBlock): Promise<void> {
    const { file, rangelessBytesMax: limitBytes = RANGELESS_BYTES_MAX } = this.#init
    if (file.sizeBytes > limitBytes) {
      const why = `it ignores Range requests, and the whole file of ${file.sizeBytes} bytes is over the limit of ${limitBytes}`
      throw new SourceProtocolError(addressOf(file.url), why)
    }
    const range = { start: 0, end: file.sizeBytes }
    this.#whole ??= this.#download(range, keep, this.#lifetime.signal).finally(() => {
      this.#whole = undefined
    })
    await this.#whole
  }

  #download(
    range: { readonly start: number; readonly end: number },
    keep: KeepBlock,
    signal: AbortSignal,
  ): Promise<RangeOutcome> {
    const { client, file } = this.#init
    return downloadRange({ client, file, blockBytes: this.#blockBytes, ...range, signal, onBlock: keep })
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
