import type { Clock } from '@shardline/core'
import { BoundedQueue, QueueFullError } from '@shardline/core'
import type { SharedFile } from '@shardline/model'
import { SourceRangeError } from '@shardline/model'
import type { WeightsAskMessage, WeightsMessage } from '@shardline/wire'
import { WeightsBusyError, WeightsNotHeldHereError, WeightsNotSharedError } from '../errors.ts'
import { Pacer } from './pacer.ts'

/** Files that a node gives to others. */
export interface SharedFiles {
  /** The file with that digest over its blocks; undefined if it isn't here. @throws what reading it throws. */
  find(blocks: string): Promise<SharedFile | undefined>
  /** Digests of the models that it has files of now. */
  digests(): readonly string[]
}

/** What a {@link WeightSharer} works with. */
export interface WeightSharerComponents {
  readonly clock: Clock
  /** Undefined shares nothing. */
  readonly files: SharedFiles | undefined
}

/** Limits of a {@link WeightSharer}. */
export interface WeightSharerInit {
  /** Asks that are answered at the same time. */
  readonly asksMax: number
  /** Asks that wait for it. */
  readonly waitingMax: number
  readonly bytesPerSecondMax: number
}

/** Answers what other nodes ask of the files that this one holds; never faster than it may. */
export class WeightSharer {
  readonly #files: SharedFiles | undefined
  readonly #queue: BoundedQueue
  readonly #pacer: Pacer
  readonly #over = new AbortController()
  #sentBytes = 0

  constructor({ clock, files }: WeightSharerComponents, init: WeightSharerInit) {
    const { asksMax, waitingMax, bytesPerSecondMax } = init
    this.#files = files
    this.#queue = new BoundedQueue({ concurrency: asksMax, entriesMax: asksMax + waitingMax })
    this.#pacer = new Pacer(clock, bytesPerSecondMax)
  }

  /** Bytes that were given so far. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /**
   * @throws WeightsNotSharedError, WeightsNotHeldHereError, WeightsBusyError; SourceRangeError for a range outside the file;
   * AbortedError when the node stops; what reading the file throws.
   */
  async answer(ask: WeightsAskMessage): Promise<WeightsMessage> {
    const files = this.#files
    if (files === undefined) throw new WeightsNotSharedError()
    try {
      return await this.#queue.add(async () => {
        const payload = await read(files, ask)
        await this.#pacer.take(payload.length, this.#over.signal)
        this.#sentBytes += payload.length
        return { kind: 'weights', request: ask.request, payload }
      })
    } catch (cause) {
      throw cause instanceof QueueFullError ? new WeightsBusyError(this.#queue.size) : cause
    }
  }

  /** Answers nothing more. */
  stop(): void {
    this.#over.abort()
  }
}

async function read(files: SharedFiles, ask: WeightsAskMessage): Promise<Uint8Array> {
  const { file: blocks, part, offset, length } = ask
  const file = await files.find(blocks)
  if (file === undefined) throw new WeightsNotHeldHereError(`the file ${blocks}`)
  if (part === 'bytes') {
    const bytes = await file.read(offset, length)
    if (bytes === undefined)
      throw new WeightsNotHeldHereError(`${length} bytes from ${offset} on of ${file.listed.name}`)
    return bytes
  }
  const { hashes } = file
  if (offset + length > hashes.length) {
    const source = { label: `the block hashes of ${file.listed.name}`, sizeBytes: hashes.length }
    throw new SourceRangeError(source, offset, length)
  }
  return hashes.subarray(offset, offset + length)
}
