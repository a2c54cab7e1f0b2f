import type { TokenStream } from '../tokenizer.ts'

/** What a {@link Utf8TokenStream} needs. */
export interface Utf8TokenStreamInit {
  /** Bytes of a token, or undefined if it is no text. */
  readonly bytesOf: (id: number) => Uint8Array | undefined
  /** Spaces that are dropped at the start of the text. */
  readonly leadingSpaces: number
}

const SPACE = 0x20

/** Holds back at most the three bytes of an unfinished character; each push costs the length of its token. */
export class Utf8TokenStream implements TokenStream {
  readonly #bytesOf: (id: number) => Uint8Array | undefined
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #leadingSpaces: number

  constructor(init: Utf8TokenStreamInit) {
    this.#bytesOf = init.bytesOf
    this.#leadingSpaces = init.leadingSpaces
  }

  push(id: number): string {
    const bytes = this.#bytesOf(id)
    return bytes === undefined || bytes.length === 0
      ? ''
      : this.#decoder.decode(this.#trim(bytes), { stream: true })
  }

  end(): string {
    return this.#decoder.decode()
  }

  #trim(bytes: Uint8Array): Uint8Array {
    if (this.#leadingSpaces === 0) return bytes
    const rest = withoutLeadingSpaces(bytes, this.#leadingSpaces)
    // Spaces count only while nothing else has come.
    this.#leadingSpaces = rest.length > 0 ? 0 : this.#leadingSpaces - bytes.length
    return rest
  }
}

/** `bytes` without up to `count` spaces at their start. */
export function withoutLeadingSpaces(bytes: Uint8Array, count: number): Uint8Array {
  let skipped = 0
  while (skipped < count && bytes[skipped] === SPACE) skipped++
  return bytes.subarray(skipped)
}
