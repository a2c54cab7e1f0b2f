import type { ParserState } from './parser.ts'
import type { TokenMask } from './token-mask.ts'
import { applyMask } from './token-mask.ts'

/** What a {@link GrammarCursor} reads by. */
export interface CursorGrammar {
  tokensAt(state: ParserState): TokenMask
  after(state: ParserState, tokenId: number): ParserState | undefined
}

/** Where one document stands in its grammar. */
export class GrammarCursor {
  readonly #grammar: CursorGrammar
  /** Undefined once a token came that the grammar doesn't allow. */
  #state: ParserState | undefined

  constructor(init: { readonly grammar: CursorGrammar; readonly state: ParserState }) {
    this.#grammar = init.grammar
    this.#state = init.state
  }

  /**
   * Gives every token that may not come next the logit -Infinity. A stop token may come exactly when the document may end,
   * whatever text it has.
   *
   * @param logits f64 `[vocabularySize]`, changed in place.
   * @throws GrammarTooComplexError.
   */
  apply(logits: Float64Array, stopTokens: ReadonlySet<number>): void {
    const mayEnd = this.#state?.mayEnd ?? true
    const stops = [...stopTokens].map((id) => [id, mayEnd ? (logits[id] ?? 0) : -Infinity] as const)
    if (this.#state === undefined) logits.fill(-Infinity)
    else applyMask(logits, this.#grammar.tokensAt(this.#state))
    for (const [id, logit] of stops) logits[id] = logit
  }

  /** Takes the chosen token. A stop token ends the document; so does one that the grammar doesn't allow. */
  accept(tokenId: number): void {
    if (this.#state !== undefined) this.#state = this.#grammar.after(this.#state, tokenId)
  }
}
