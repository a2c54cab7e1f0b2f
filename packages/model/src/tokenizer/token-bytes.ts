import type { PieceDecoder } from './piece-decoder.ts'
import { pieceBytes } from './piece-decoder.ts'
import type { TokenizerDefinition } from './tokenizer-definition.ts'

const NOTHING = new Uint8Array(0)
const encoder = new TextEncoder()

/** The bytes that each token stands for. Added tokens stand for their own text. */
export class TokenBytes {
  readonly #pieces: (string | undefined)[] = []
  readonly #bytes: (Uint8Array | undefined)[] = []
  readonly #decoder: PieceDecoder

  constructor(definition: TokenizerDefinition, decoder: PieceDecoder) {
    this.#decoder = decoder
    for (const [piece, id] of Object.entries(definition.model.vocab)) this.#pieces[id] = piece
    for (const token of definition.added_tokens) {
      this.#pieces[token.id] = token.content
      this.#bytes[token.id] = encoder.encode(token.content)
    }
  }

  /** One more than the highest id. */
  get size(): number {
    return this.#pieces.length
  }

  /** Bytes of a token; none for an id without a token, as in a vocabulary that was padded to a round size. */
  of(id: number): Uint8Array {
    const known = this.#bytes[id]
    if (known !== undefined) return known
    const piece = this.#pieces[id]
    if (piece === undefined) return NOTHING
    const bytes = pieceBytes(piece, this.#decoder)
    this.#bytes[id] = bytes
    return bytes
  }
}
