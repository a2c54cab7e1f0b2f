import type { TokenTable } from '@shardline/engine'
import { TokenizerMissingError } from '@shardline/model'

type Tokens = Pick<TokenTable, 'tokenBytes'>

/** Of a model without a tokenizer: its answers are ids alone. */
const SILENT: Tokens = Object.freeze({ tokenBytes: () => undefined })

/**
 * The bytes of one model's tokens, read when they are first needed: that takes time and memory which a validator whose
 * answers are neither signed nor bound by a grammar doesn't spend.
 */
export class ModelTokens {
  readonly #load: () => Promise<Tokens>
  #tokens: Promise<Tokens> | undefined

  constructor(load: () => Promise<Tokens>) {
    this.#load = load
  }

  /** @throws what reading the tokenizer throws; the next call tries again. */
  async get(): Promise<Tokens> {
    try {
      return await (this.#tokens ??= this.#load())
    } catch (cause) {
      // A tokenizer may be missing only because the network was.
      this.#tokens = undefined
      throw cause
    }
  }

  /** The same, where a model without a tokenizer has tokens without bytes. @throws as {@link get} for every other reason. */
  async getIfAny(): Promise<Tokens> {
    try {
      return await this.get()
    } catch (cause) {
      if (cause instanceof TokenizerMissingError) return SILENT
      throw cause
    }
  }
}
