import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ChecksumMismatchError, SourceCacheError } from '../errors.ts'
import { BlockJournal } from './block-journal.ts'
import type { ContentCheck } from './content-check.ts'
import { digestFor } from './content-check.ts'

/** What a {@link BlockFile} keeps. */
export interface BlockFileInit {
  /** Folder of the cache. */
  readonly folder: string
  /** Name in the folder: identifies the content. */
  readonly key: string
  readonly sizeBytes: number
  readonly blockBytes: number
  /** What the whole content is checked against. */
  readonly check: ContentCheck
  /** What the file is, for messages. */
  readonly label: string
}

/**
 * A file that arrives in blocks, in any order, over several runs.
 *
 * While blocks are missing, the bytes are in `<key>.part`, sparse, and the checksums of the blocks that are there in
 * `<key>.<block size>.blocks`. Once all are there and the content is what its checksum says, the file is called `<key>`:
 * a file of that name is whole and checked. Blocks from an earlier run are compared with their checksum before they are
 * used, so a crash at any point, and two processes that fill the same file, cost at most a block fetched twice.
 */
export class BlockFile implements AsyncDisposable {
  readonly blockCount: number
  readonly #init: BlockFileInit
  readonly #handle: FileHandle
  readonly #journal: BlockJournal | undefined
  /** CRC-32 by block that is there. */
  readonly #checksums: Map<number, number>
  /** Blocks that were written or compared by this process. */
  readonly #trusted = new Set<number>()
  #isComplete: boolean

  private constructor(init: BlockFileInit, handle: FileHandle, progress: BlockProgress | undefined) {
    this.blockCount = Math.ceil(init.sizeBytes / init.blockBytes)
    this.#init = init
    this.#handle = handle
    this.#journal = progress?.journal
    this.#checksums = progress?.checksums ?? new Map()
    this.#isComplete = progress === undefined
  }

  /** Opens what is there of the file, or begins it. @throws SourceCacheError. */
  static async open(init: BlockFileInit): Promise<BlockFile> {
    const paths = pathsOf(init)
    try {
      await mkdir(init.folder, { recursive: true })
      const whole = await stat(paths.whole).catch(() => undefined)
      if (whole?.size === init.sizeBytes) return new BlockFile(init, await open(paths.whole, 'r'), undefined)
      const handle = await open(paths.part, constants.O_RDWR | constants.O_CREAT, 0o644)
      const { size } = await handle.stat()
      if (size !== init.sizeBytes) await handle.truncate(init.sizeBytes)
      return new BlockFile(
        init,
        handle,
        await BlockJournal.open(paths.journal, Math.ceil(init.sizeBytes / init.blockBytes)),
      )
    } catch (cause) {
      throw new SourceCacheError(paths.whole, 'the download cannot be kept there', cause)
    }
  }

  /** Path of the whole, checked file. It is there once {@link isComplete}. */
  get path(): string {
    return pathsOf(this.#init).whole
  }

  /** Whether the content is whole and checked. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether all blocks are there, though perhaps not checked yet. */
  get isFull(): boolean {
    return this.#isComplete || this.#checksums.size === this.blockCount
  }

  /** Bytes of the blocks that are there. */
  get presentBytes(): number {
    if (this.isFull) return this.#init.sizeBytes
    const last = this.blockCount - 1
    const missingOfLast = this.#checksums.has(last)
      ? this.blockCount * this.#init.blockBytes - this.#init.sizeBytes
      : 0
    return this.#checksums.size * this.#init.blockBytes - missingOfLast
  }

  /** Whether a block is there. */
  has(block: number): boolean {
    return this.#isComplete || this.#checksums.has(block)
  }

  /** Bytes that a block has: all have the same, but for the last. */
  bytesOf(block: number): number {
    return Math.min(this.#init.blockBytes, this.#init.sizeBytes - block * this.#init.blockBytes)
  }

  /** Keeps a block. @throws SourceCacheError. */
  async write(block: number, bytes: Uint8Array): Promise<void> {
    if (this.#isComplete || this.#journal === undefined) return
    const checksum = crc32(bytes)
    try {
      await writeFully(this.#handle, bytes, block * this.#init.blockBytes)
      await this.#journal.add(block, checksum)
    } catch (cause) {
      throw new SourceCacheError(pathsOf(this.#init).part, `block ${block} cannot be written`, cause)
    }
    this.#checksums.set(block, checksum)
    this.#trusted.add(block)
  }

  /** Whether a block is there and has the bytes that were once received; one that hasn't is forgotten. */
  async confirm(block: number): Promise<boolean> {
    if (this.#isComplete || this.#trusted.has(block)) return true
    if (!this.#checksums.has(block)) return false
    return this.#compare(block, await this.read(block * this.#init.blockBytes, this.bytesOf(block)))
  }

  /** Bytes of confirmed blocks. @throws SourceCacheError. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    try {
      for (let done = 0; done < length;) {
        const { bytesRead } = await this.#handle.read(
          bytes,
          done,
          Math.min(length - done, 1 << 30),
          offset + done,
        )
        if (bytesRead === 0) throw new SourceCacheError(this.path, `it ends before byte ${offset + done}`)
        done += bytesRead
      }
    } catch (cause) {
      if (cause instanceof SourceCacheError) throw cause
      throw new SourceCacheError(this.path, 'it cannot be read', cause)
    }
    return bytes
  }

  /**
   * Checks the whole content and gives the file its final name.
   *
   * If a block doesn't have its bytes any more, it is forgotten and the file stays incomplete.
   *
   * @throws ChecksumMismatchError if the content is wrong: all of it is deleted, and this object is of no more use.
   */
  async finish(): Promise<void> {
    if (this.#isComplete || !this.isFull) return
    const { check, sizeBytes, label } = this.#init
    const digest = digestFor(check, sizeBytes)
    let isIntact = true
    for (let block = 0; block < this.blockCount; block++) {
      const bytes = await this.read(block * this.#init.blockBytes, this.bytesOf(block))
      isIntact = this.#compare(block, bytes) && isIntact
      digest.update(bytes)
    }
    if (!isIntact) return
    const found = digest.finish()
    if (found !== undefined && check.kind !== 'none' && found !== check.digest) {
      await this.discard()
      throw new ChecksumMismatchError(label, check.digest, found)
    }
    await this.#publish()
    this.#isComplete = true
  }

  /** Deletes what is there of an unfinished file. The journal goes first: blocks without a line are fetched again. */
  async discard(): Promise<void> {
    const paths = pathsOf(this.#init)
    await rm(paths.journal, { force: true })
    await rm(paths.part, { force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal?.[Symbol.asyncDispose]()
    await this.#handle.close()
  }

  #compare(block: number, bytes: Uint8Array): boolean {
    const isRight = crc32(bytes) === this.#checksums.get(block)
    if (isRight) this.#trusted.add(block)
    else this.#forget(block)
    return isRight
  }

  #forget(block: number): void {
    this.#checksums.delete(block)
    this.#trusted.delete(block)
  }

  async #publish(): Promise<void> {
    const paths = pathsOf(this.#init)
    try {
      // The name promises the content, so the content has to be on the disk before the name.
      await this.#handle.sync()
      await rename(paths.part, paths.whole).catch(async (cause: unknown) => {
        // Another process that fetched the same file was faster.
        const whole = await stat(paths.whole).catch(() => undefined)
        if (whole?.size !== this.#init.sizeBytes) throw cause
      })
      await rm(paths.journal, { force: true })
    } catch (cause) {
      throw new SourceCacheError(paths.whole, 'the finished download cannot be kept there', cause)
    }
  }
}

interface BlockProgress {
  readonly journal: BlockJournal
  readonly checksums: Map<number, number>
}

function pathsOf(init: BlockFileInit): {
  readonly whole: string
  readonly part: string
  readonly journal: string
} {
  const whole = join(init.folder, init.key)
  return { whole, part: `${whole}.part`, journal: `${whole}.${init.blockBytes}.blocks` }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}
