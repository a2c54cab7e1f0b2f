import { AbortedError, fromUnknown } from '@shardline/core'
import { SourceOfflineError, SourceReadError } from '../errors.ts'
import type { BlockFile } from './block-file.ts'
import type { BlockRun } from './block-jobs.ts'
import { BlockJobs } from './block-jobs.ts'
import { checkRange } from './check-range.ts'

/** Called while bytes arrive: `what` is a file's name. */
export type SourceProgress = (progress: {
  readonly what: string
  readonly doneBytes: number
  readonly totalBytes: number
}) => void

/** Keeps a block that was fetched. */
export type KeepBlock = (block: number, bytes: Uint8Array) => Promise<void>

/** What {@link CachedBlocks} keeps, and where missing blocks come from. */
export interface CachedBlocksInit {
  /** Name of the file inside its checkpoint. */
  readonly name: string
  /** What it is read from, for messages. */
  readonly label: string
  readonly sizeBytes: number
  readonly blockBytes: number
  /** Blocks that are fetched together at the most. */
  readonly runBlocksMax: number
  /** Whether only what is in the cache may be used. */
  readonly isOffline: boolean
  /** Opens the cached part; again after a content that was wrong. */
  readonly openStore: () => Promise<BlockFile>
  /** Fetches adjacent blocks and keeps each. */
  readonly fetch: (run: BlockRun, keep: KeepBlock, signal: AbortSignal) => Promise<void>
  readonly onProgress: SourceProgress | undefined
}

/**
 * A file whose blocks are fetched when they are read, and kept: each once, ever. Readers that need the same block share its
 * fetching. Once all blocks are there, the whole content is checked.
 */
export class CachedBlocks implements AsyncDisposable {
  readonly #init: CachedBlocksInit
  readonly #jobs: BlockJobs
  #store: BlockFile
  #finishing: Promise<void> | undefined
  #isClosed = false

  private constructor(init: CachedBlocksInit, store: BlockFile) {
    this.#init = init
    this.#store = store
    this.#jobs = new BlockJobs({
      runBlocksMax: init.runBlocksMax,
      fetch: (run, signal) => init.fetch(run, (block, bytes) => this.#keep(block, bytes), signal),
    })
  }

  /** Opens the cached part of a file; nothing is fetched yet. @throws SourceCacheError. */
  static async open(init: CachedBlocksInit): Promise<CachedBlocks> {
    return new CachedBlocks(init, await init.openStore())
  }

  /** Path of the whole, checked file in the cache, once {@link isComplete}. */
  get path(): string {
    return this.#store.path
  }

  /** Whether the content is whole and checked. */
  get isComplete(): boolean {
    return this.#store.isComplete
  }

  /** Bytes that are in the cache. */
  get presentBytes(): number {
    return this.#store.presentBytes
  }

  /** As {@link ByteSource.read}. */
  async read(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    checkRange(this.#init, offset, length)
    if (length === 0) return new Uint8Array(0)
    const [first, last] = this.#blocksOf(offset, length)
    await this.#ensure(first, last, { signal, isConfirmed: true })
    return this.#store.read(offset, length)
  }

  /** The same of what is in the cache; undefined if a byte of it isn't. */
  async readPresent(offset: number, length: number): Promise<Uint8Array | undefined> {
    checkRange(this.#init, offset, length)
    if (length === 0) return new Uint8Array(0)
    const [first, last] = this.#blocksOf(offset, length)
    for (let block = first; block <= last; block++) {
      this.#checkOpen(undefined)
      if (!(await this.#store.confirm(block))) return undefined
    }
    return this.#store.read(offset, length)
  }

  /**
   * Fetches all that is missing and checks the content.
   *
   * @throws ChecksumMismatchError if the content is wrong; errors of reading.
   */
  async fetchAll(signal: AbortSignal | undefined): Promise<void> {
    this.#report()
    // A block that lost its bytes on the disk is only noticed by the check at the end; it is fetched in the next round.
    while (!this.#store.isComplete) {
      await this.#ensure(0, this.#store.blockCount - 1, { signal, isConfirmed: false })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#jobs.stop()
    await this.#finishing?.catch(() => undefined)
    await this.#store[Symbol.asyncDispose]()
  }

  #blocksOf(offset: number, length: number): readonly [number, number] {
    const { blockBytes } = this.#init
    return [Math.floor(offset / blockBytes), Math.floor((offset + length - 1) / blockBytes)]
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
    if (missing.length > 0 && this.#init.isOffline) throw new SourceOfflineError(this.#init.name)
    // Some may have come while others were confirmed.
    await this.#jobs.want(
      missing.filter((block) => !this.#store.has(block)),
      signal,
    )
    this.#checkOpen(signal)
    if (this.#store.isFull && !this.#store.isComplete) await this.#finish()
  }

  async #keep(block: number, bytes: Uint8Array): Promise<void> {
    if (!this.#store.has(block)) await this.#store.write(block, bytes)
    this.#jobs.settle(block)
    this.#report()
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    const { label } = this.#init
    if (this.#isClosed) throw new SourceReadError(label, 'it was closed')
    if (signal?.aborted === true) throw new AbortedError(`reading ${label}`, signal.reason)
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
      this.#store = await this.#init.openStore()
      throw fromUnknown(cause)
    }
  }

  #report(): void {
    const { name, sizeBytes, onProgress } = this.#init
    onProgress?.({ what: name, doneBytes: this.#store.presentBytes, totalBytes: sizeBytes })
  }
}
