import type { Automaton } from './automaton.ts'
import type { CacheBudget } from './cache-budget.ts'
import { GrammarCursor } from './grammar-cursor.ts'
import type { ParserState } from './parser.ts'
import { Parser } from './parser.ts'
import type { TokenMask } from './token-mask.ts'
import { findTokens } from './token-mask.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What a {@link CompiledGrammar} works with. */
export interface CompiledGrammarComponents {
  readonly vocabulary: Vocabulary
  readonly cache: CacheBudget
}

/** Options of a {@link CompiledGrammar}. */
export interface CompiledGrammarInit {
  /** Places of the automaton at which one document may be at the same time. */
  readonly placesMax: number
  /** Places that may be looked at for one token. */
  readonly tokenWorkMax: number
}

/** A grammar over one vocabulary. Sessions share it, and with it what was found out about its states. */
export class CompiledGrammar {
  /** Bytes that it takes beside what is remembered of its states. */
  readonly byteLength: number
  readonly #vocabulary: Vocabulary
  readonly #cache: CacheBudget
  readonly #parser: Parser
  readonly #masks = new Map<string, TokenMask>()

  /** @throws GrammarTooComplexError. */
  constructor(automaton: Automaton, components: CompiledGrammarComponents, init: CompiledGrammarInit) {
    this.byteLength = automaton.byteLength
    this.#vocabulary = components.vocabulary
    this.#cache = components.cache
    this.#parser = new Parser(automaton, {
      ...init,
      onGrow: (bytes) => components.cache.grow(this, bytes),
    })
  }

  /** A reader for one document. */
  start(): GrammarCursor {
    return new GrammarCursor({ grammar: this, state: this.#parser.start })
  }

  /** Tokens with which a document can go on from `state`; valid as long as it isn't changed. @throws GrammarTooComplexError. */
  tokensAt(state: ParserState): TokenMask {
    const key = this.#parser.maskKey(state)
    const known = this.#masks.get(key)
    if (known !== undefined) return known
    this.#parser.beginToken()
    const mask = findTokens(this.#parser, state, this.#vocabulary)
    this.#cache.grow(this, mask.byteLength + 2 * key.length)
    this.#masks.set(key, mask)
    return mask
  }

  /** The state after a token, or undefined if the document can't go on with it. @throws GrammarTooComplexError. */
  after(state: ParserState, tokenId: number): ParserState | undefined {
    const text = this.#vocabulary.text(tokenId)
    if (text === undefined) return undefined
    this.#parser.beginToken()
    let at = state
    for (const byte of text) {
      const next = this.#parser.step(at, byte)
      if (next === null) return undefined
      at = next
    }
    return at
  }

  /** Forgets what was found out about states. Documents go on; it is found out anew. */
  forget(): void {
    this.#masks.clear()
    this.#parser.forget()
  }
}
