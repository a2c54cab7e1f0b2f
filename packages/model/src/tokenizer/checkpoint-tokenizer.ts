import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers'
import { TextTooLongError, TokenizerInvalidError } from '../errors.ts'
import { TEXT_CHARACTERS_MAX } from '../limits.ts'
import type { TokenStream, Tokenizer } from '../tokenizer.ts'
import { exactPreTokenizer } from './exact-pre-tokenizer.ts'
import type { PieceDecoder } from './piece-decoder.ts'
import { readPieceDecoder } from './piece-decoder.ts'
import { TokenBytes } from './token-bytes.ts'
import type { TokenizerDefinition } from './tokenizer-definition.ts'
import { Utf8TokenStream, withoutLeadingSpaces } from './utf8-token-stream.ts'

/** Options of every way to get a tokenizer. */
export interface TokenizerOptions {
  /** UTF-16 units of one text at the most. @default TEXT_CHARACTERS_MAX */
  readonly textCharactersMax?: number
}

/** What {@link CheckpointTokenizer} is made of. */
export interface CheckpointTokenizerInit extends TokenizerOptions {
  /** What the definition was read from, for messages. */
  readonly where: string
  readonly definition: TokenizerDefinition
  /** Token that a text starts with when special tokens are added, even if the definition's post-processor doesn't say so. */
  readonly bosTokenId: number | undefined
}

/**
 * Encodes through the tokenizer library and decodes by itself: each token has its bytes, a text is their concatenation
 * read as UTF-8. So decoding can be done token by token and gives the same text. Bytes that are no UTF-8 become U+FFFD,
 * one for each maximal part of a character.
 */
export class CheckpointTokenizer implements Tokenizer {
  readonly vocabularySize: number
  readonly specialTokenIds: ReadonlySet<number>
  readonly #library: LibraryTokenizer
  readonly #bytes: TokenBytes
  readonly #decoder: PieceDecoder
  readonly #bosTokenId: number | undefined
  readonly #textCharactersMax: number

  /** @throws TokenizerUnsupportedError, TokenizerInvalidError if the definition can't be followed exactly. */
  constructor(init: CheckpointTokenizerInit) {
    const { definition } = init
    this.#decoder = readPieceDecoder(definition.decoder)
    this.#bytes = new TokenBytes(definition, this.#decoder)
    this.#bosTokenId = init.bosTokenId
    this.#textCharactersMax = init.textCharactersMax ?? TEXT_CHARACTERS_MAX
    this.vocabularySize = this.#bytes.size
    this.specialTokenIds = new Set(
      definition.added_tokens.filter((token) => token.special).map((token) => token.id),
    )
    this.#library = createLibraryTokenizer(init)
  }

  encode(text: string, options: { readonly addSpecial?: boolean } = {}): readonly number[] {
    if (text.length > this.#textCharactersMax)
      throw new TextTooLongError(text.length, this.#textCharactersMax)
    const isSpecialAdded = options.addSpecial ?? false
    const { ids } = this.#library.encode(text, { add_special_tokens: isSpecialAdded })
    const bos = this.#bosTokenId
    return isSpecialAdded && bos !== undefined && ids[0] !== bos ? [bos, ...ids] : ids
  }

  decode(ids: readonly number[], options: { readonly keepSpecial?: boolean } = {}): string {
    const isKept = options.keepSpecial ?? false
    const pieces = ids.filter((id) => isKept || !this.specialTokenIds.has(id)).map((id) => this.#bytes.of(id))
    const bytes = withoutLeadingSpaces(Buffer.concat(pieces), this.#decoder.leadingSpaces)
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  }

  tokenBytes(id: number): Uint8Array | undefined {
    if (this.specialTokenIds.has(id)) return undefined
    const bytes = this.#bytes.of(id)
    return bytes.length === 0 ? undefined : bytes
  }

  stream(): TokenStream {
    return new Utf8TokenStream({
      bytesOf: (id) => this.tokenBytes(id),
      leadingSpaces: this.#decoder.leadingSpaces,
    })
  }
}

function createLibraryTokenizer(init: CheckpointTokenizerInit): LibraryTokenizer {
  const { definition, where } = init
  const exact = { ...definition, pre_tokenizer: exactPreTokenizer(definition.pre_tokenizer) }
  try {
    const library = new LibraryTokenizer(exact, {})
    // A post-processor can name tokens that don't exist; it is better to know now than with the first text.
    const ids: readonly unknown[] = library.encode('', { add_special_tokens: true }).ids
    if (!ids.every((id) => Number.isInteger(id)))
      throw new TokenizerInvalidError(where, 'its post-processor adds tokens that the vocabulary lacks')
    return library
  } catch (cause) {
    if (cause instanceof TokenizerInvalidError) throw cause
    throw new TokenizerInvalidError(where, cause instanceof Error ? cause.message : String(cause), cause)
  }
}
