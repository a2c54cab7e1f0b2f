import type { Checkpoint, OpenCheckpointOptions, SharedFile } from '@shardline/model'
import { contentIdOf, findLocal, openCheckpoint, WeightsUnavailableError } from '@shardline/model'
import type { WireWeights } from '@shardline/wire'
import type { LoadProgress } from '../node-role.ts'
import type { SharedFiles } from './weight-sharer.ts'
import type { WeightTaker } from './weight-taker.ts'

/** What a plan says of a model that this node has no copy of. */
export interface PlannedWeights extends WireWeights {
  /** Digest that the plan asks for. */
  readonly digest: string
  readonly onProgress: LoadProgress
}

interface Opened {
  readonly checkpoint: Checkpoint
  readonly welcome: ((sources: readonly string[]) => void) | undefined
}

interface Last {
  readonly key: string
  readonly opening: Promise<Opened>
  /** Once it is open. */
  digest: string | undefined
  shared: Promise<ReadonlyMap<string, SharedFile>> | undefined
}

/** Keeps the checkpoint that was used last open, because plans, descriptions and loads ask for the same one. */
export class OpenCheckpoints implements SharedFiles, AsyncDisposable {
  readonly #options: OpenCheckpointOptions
  readonly #taker: WeightTaker | undefined
  #last: Last | undefined

  /** @param taker reads models from other nodes; undefined never does. */
  constructor(options: OpenCheckpointOptions, taker?: WeightTaker) {
    this.#options = options
    this.#taker = taker
  }

  /**
   * The open checkpoint of that name. It stays open until another one is asked for: read it before you ask again.
   *
   * With `planned`, a node that takes weights from others looks at its own disk first, then asks the nodes that the plan
   * names, and the hub last.
   *
   * @throws what openCheckpoint throws; WeightsUnavailableError.
   */
  async get(reference: string, planned?: PlannedWeights): Promise<Checkpoint> {
    const isTaken = planned !== undefined && this.#taker !== undefined
    const key = isTaken ? `${reference}\n${contentIdOf(planned.files)}` : reference
    if (this.#last?.key === key) {
      const { checkpoint, welcome } = await this.#last.opening
      if (planned !== undefined) welcome?.(planned.sources)
      return checkpoint
    }
    const before = this.#last
    const open = async (): Promise<Opened> => {
      await closeQuietly(before?.opening)
      return isTaken ? this.#openPlanned(reference, planned) : this.#open(reference)
    }
    const last: Last = { key, opening: open(), digest: undefined, shared: undefined }
    last.opening.then(
      ({ checkpoint }) => {
        last.digest = checkpoint.digest
      },
      () => {
        if (this.#last === last) this.#last = undefined
      },
    )
    this.#last = last
    return (await last.opening).checkpoint
  }

  /**
   * A file of the open checkpoint by the digest over its blocks, as it can be given to other nodes. Reads all files of the
   * checkpoint, the first time.
   *
   * @throws what reading them throws.
   */
  async find(blocks: string): Promise<SharedFile | undefined> {
    const last = this.#last
    if (last === undefined) return undefined
    last.shared ??= shareAll(last.opening).catch((cause: unknown) => {
      last.shared = undefined
      throw cause
    })
    return (await last.shared).get(blocks)
  }

  /** The digest of the open checkpoint. */
  digests(): readonly string[] {
    return this.#last?.digest === undefined ? [] : [this.#last.digest]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const last = this.#last
    this.#last = undefined
    await closeQuietly(last?.opening)
  }

  async #open(reference: string): Promise<Opened> {
    return { checkpoint: await openCheckpoint(reference, this.#options), welcome: undefined }
  }

  async #openPlanned(reference: string, planned: PlannedWeights): Promise<Opened> {
    const own = await this.#openOwn(reference, planned.digest)
    if (own !== undefined || this.#taker === undefined) return own ?? this.#open(reference)
    try {
      return await this.#taker.open(reference, planned, planned.onProgress)
    } catch (cause) {
      if (!(cause instanceof WeightsUnavailableError)) throw cause
      // Nobody has the hashes that the hub's bytes could be checked against; its own checksums may do.
      return this.#open(reference).catch(() => {
        throw cause
      })
    }
  }

  /** The model on this machine's disk, if it is there and is the one that is meant. */
  async #openOwn(reference: string, digest: string): Promise<Opened | undefined> {
    if ((await findLocal(reference)) === undefined) return undefined
    const own = await this.#open(reference).catch(() => undefined)
    if (own === undefined || own.checkpoint.digest === digest) return own
    await own.checkpoint[Symbol.asyncDispose]()
    return undefined
  }
}

async function shareAll(opening: Promise<Opened>): Promise<ReadonlyMap<string, SharedFile>> {
  const { files } = (await opening).checkpoint
  const shared = new Map<string, SharedFile>()
  for (const name of files.names) {
    const file = await files.share(name)
    if (file !== undefined) shared.set(file.listed.blocks, file)
  }
  return shared
}

async function closeQuietly(opening: Promise<Opened> | undefined): Promise<void> {
  const opened = await opening?.catch(() => undefined)
  await opened?.checkpoint[Symbol.asyncDispose]()
}
