import type { CompiledGrammar, GrammarLimits, GrammarSpec, TokenTable } from '@shardline/engine'
import { GrammarCompiler } from '@shardline/engine'

/** Options of a {@link GrammarSource}. */
export interface GrammarSourceInit {
  /** Ids are below this; ids that the tokenizer doesn't have are never chosen under a grammar. */
  readonly vocabularySize: number
  /** Reads the bytes of the model's tokens. */
  readonly loadTokens: () => Promise<Pick<TokenTable, 'tokenBytes'>>
  readonly limits: GrammarLimits
}

/**
 * Grammars of one model's vocabulary. The tokenizer is read when the first answer asks for a grammar: it takes time and
 * memory that a validator without such answers doesn't spend.
 */
export class GrammarSource {
  readonly #init: GrammarSourceInit
  #compiler: Promise<GrammarCompiler> | undefined

  constructor(init: GrammarSourceInit) {
    this.#init = init
  }

  /** @throws what reading the tokenizer and {@link GrammarCompiler.compile} throw. */
  async compile(spec: GrammarSpec): Promise<CompiledGrammar> {
    const compiler = await (this.#compiler ??= this.#load())
    return compiler.compile(spec)
  }

  async #load(): Promise<GrammarCompiler> {
    const { vocabularySize, loadTokens, limits } = this.#init
    try {
      const tokens = await loadTokens()
      return new GrammarCompiler({ vocabularySize, tokenBytes: (id) => tokens.tokenBytes(id) }, limits)
    } catch (cause) {
      // The next answer tries again: a tokenizer may be missing only because the network was.
      this.#compiler = undefined
      throw cause
    }
  }
}
