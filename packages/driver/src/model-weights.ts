import type { Log } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { ListedFile } from '@shardline/model'
import type { DescriptionMessage, WireWeights } from '@shardline/wire'
import { WEIGHTS_FILES_MAX, WEIGHTS_SOURCES_MAX } from '@shardline/wire'

/** Lists the files of the driver's checkpoint; undefined if not all of them are on its machine. */
export type ListModelFiles = (options: {
  readonly signal: AbortSignal
}) => Promise<readonly ListedFile[] | undefined>

/** What a {@link ModelWeights} is made of. */
export interface ModelWeightsInit {
  readonly digest: string
  /** Undefined: the driver vouches for nothing, and no stage is told of others. */
  readonly list: ListModelFiles | undefined
  readonly log: Log
}

/**
 * What stages are told of a model that they may not have: its files, and which nodes hold it. The files are only listed, which
 * means read as a whole once, when there is a stage without the model and a node that has it.
 */
export class ModelWeights {
  readonly #init: ModelWeightsInit
  readonly #holders = new Set<string>()
  readonly #without = new Set<string>()
  #files: Promise<readonly ListedFile[] | undefined> | undefined

  constructor(init: ModelWeightsInit) {
    this.#init = init
  }

  /** Notes what a node says of itself. */
  note(address: string, { model }: Pick<DescriptionMessage, 'model'>): void {
    this.#holders.delete(address)
    this.#without.delete(address)
    if (model === null) this.#without.add(address)
    else if (model.digest === this.#init.digest) this.#holders.add(address)
  }

  /** What the plan of a stage says; null if it has the model, or nothing is known that helps. @throws AbortedError. */
  async planFor(address: string, signal: AbortSignal): Promise<WireWeights | null> {
    const sources = [...this.#holders].slice(0, WEIGHTS_SOURCES_MAX)
    if (!this.#without.has(address) || sources.length === 0) return null
    const files = await this.#list(signal)
    return files === undefined || files.length > WEIGHTS_FILES_MAX ? null : { files, sources }
  }

  async #list(signal: AbortSignal): Promise<readonly ListedFile[] | undefined> {
    const { list, log } = this.#init
    if (list === undefined) return undefined
    this.#files ??= list({ signal })
    try {
      return await this.#files
    } catch (cause) {
      this.#files = undefined
      if (signal.aborted) throw new AbortedError('listing the model', signal.reason)
      const { code, message: reason } = fromUnknown(cause)
      log.warn('model-not-listed', { code, reason })
      return undefined
    }
  }
}
