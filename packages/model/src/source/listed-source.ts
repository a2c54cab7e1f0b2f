import type { BoundedQueue } from '@shardline/core'
import type { ByteSource } from '../byte-source.ts'
import { SHARED_BLOCK_BYTES } from '../limits.ts'
import { BlockFile } from './block-file.ts'
import { isBlock } from './block-hashes.ts'
import type { KeepBlock, SourceProgress } from './cached-blocks.ts'
import { CachedBlocks } from './cached-blocks.ts'
import type { ListedFile, SharedFile } from './shared-file.ts'
import type { WeightCrew } from './weight-crew.ts'
import { WeightsWrongError } from './weight-errors.ts'

/** What a {@link ListedSource} reads, and from whom. */
export interface ListedSourceInit {
  readonly file: ListedFile
  /** SHA-256 of each block; checked against the listing. */
  readonly hashes: Uint8Array
  readonly crew: WeightCrew
  /** Bounds the asks that are under way; shared by the files of a model. */
  readonly queue: BoundedQueue
  /** Folder of the cache for contents. */
  readonly folder: string
  readonly onProgress: SourceProgress | undefined
}

/**
 * A file whose blocks come from other nodes, each checked before it is kept. Where it was interrupted it goes on, also in
 * another process.
 */
export class ListedSource implements ByteSource {
  readonly label: string
  readonly sizeBytes: number
  readonly listed: ListedFile
  readonly hashes: Uint8Array
  readonly #blocks: CachedBlocks

  private constructor(init: ListedSourceInit, blocks: CachedBlocks) {
    this.label = labelOf(init.file)
    this.sizeBytes = init.file.sizeBytes
    this.listed = init.file
    this.hashes = init.hashes
    this.#blocks = blocks
  }

  /** Opens the cached part of a file; nothing is fetched yet. @throws SourceCacheError. */
  static async open(init: ListedSourceInit): Promise<ListedSource> {
    const { file, folder, queue } = init
    const { name, sizeBytes, sha256, blocks: key } = file
    const label = labelOf(file)
    const blockBytes = SHARED_BLOCK_BYTES
    const blocks = await CachedBlocks.open({
      name,
      label,
      sizeBytes,
      blockBytes,
      runBlocksMax: 1,
      isOffline: false,
      openStore: () =>
        BlockFile.open({
          folder,
          key,
          sizeBytes,
          blockBytes,
          label,
          check: { kind: 'sha256', digest: sha256 },
        }),
      fetch: ({ first }, keep, signal) => queue.add(() => fetchBlock(init, { block: first, keep, signal })),
      onProgress: init.onProgress,
    })
    return new ListedSource(init, blocks)
  }

  read(offset: number, length: number, options: { readonly signal?: AbortSignal } = {}): Promise<Uint8Array> {
    return this.#blocks.read(offset, length, options.signal)
  }

  /** What of it is here can be given on. */
  asShared(): SharedFile {
    const { listed, hashes } = this
    return { listed, hashes, read: (offset, length) => this.#blocks.readPresent(offset, length) }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#blocks[Symbol.asyncDispose]()
  }
}

async function fetchBlock(
  { file, hashes, crew }: ListedSourceInit,
  to: { readonly block: number; readonly keep: KeepBlock; readonly signal: AbortSignal },
): Promise<void> {
  const { block, keep, signal } = to
  const offset = block * SHARED_BLOCK_BYTES
  const length = Math.min(SHARED_BLOCK_BYTES, file.sizeBytes - offset)
  const bytes = await crew.obtain(
    `block ${block} of ${file.name}`,
    async (peer, until) => {
      const given = await peer.read({ file, part: 'bytes', offset, length }, { signal: until })
      if (given.length !== length)
        throw new WeightsWrongError(
          peer.label,
          `${given.length} bytes for the ${length} of block ${block}`,
          file.name,
        )
      if (!isBlock(given, block, hashes))
        throw new WeightsWrongError(peer.label, `block ${block} with another content`, file.name)
      return given
    },
    signal,
  )
  await keep(block, bytes)
}

function labelOf(file: ListedFile): string {
  return `${file.name} from other nodes`
}
