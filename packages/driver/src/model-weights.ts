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
  note(address: string, { model, shares }: Pick<DescriptionMessage, 'model' | 'shares'>): void {
    this.#holders.delete(address)
    this.#without.delete(address)
    if (model === null) this.#without.add(address)
    if (shares.includes(this.#init.digest)) this.#holders.add(address)
  }

  /** What the plan of a stage says; null if it has the model, or nothing is known that helps. @throws AbortedError. */
  async planFor(address: string, signal: AbortSignal): Promise<WireWeights | null> {
    const others = [...this.#holders].filter((holder) => holder !== address)
    if (!this.#without.has(address) || others.length === 0) return null
    const files = await this.#list(signal)
    if (files === undefined || files.length > WEIGHTS_FILES_MAX) return null
    return { files, sources: others.slice(0, WEIGHTS_SOURCES_MAX) }
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
