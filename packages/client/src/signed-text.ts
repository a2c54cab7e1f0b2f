/**
 * Compares the text of an answer, piece by piece, with the bytes of its tokens.
 *
 * The text may be behind the bytes: a driver holds back what could become a stop string, or a character that isn't
 * whole. It may lack spaces at its start, which some vocabularies put before every word.
 */
export class SignedText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  /** What the bytes say and the text hasn't said yet. */
  #ahead = ''
  /** Whether nothing but spaces has been said. */
  #isAtStart = true
  #isFlushed = false

  /** Takes the next tokens and the text that came with them. False if the tokens don't say that. */
  add(tokens: readonly { readonly bytes: Uint8Array }[], text: string): boolean {
    for (const { bytes } of tokens) {
      if (bytes.length === 0) continue
      // After half a character was replaced by U+FFFD nothing can follow it.
      if (this.#isFlushed) return false
      this.#ahead += this.#decoder.decode(bytes, { stream: true })
    }
    return text === '' || this.#say(text)
  }

  /** What of the tokens' text was not said, at the end of an answer. */
  rest(): string {
    this.#flush()
    return this.#isAtStart ? this.#ahead.replace(/^ +/, '') : this.#ahead
  }

  #say(text: string): boolean {
    if (this.#ahead.length < text.length) this.#flush()
    while (!this.#ahead.startsWith(text)) {
      if (!this.#isAtStart || !this.#ahead.startsWith(' ')) return false
      this.#ahead = this.#ahead.slice(1)
    }
    this.#ahead = this.#ahead.slice(text.length)
    this.#isAtStart &&= !/[^ ]/.test(text)
    return true
  }

  #flush(): void {
    if (this.#isFlushed) return
    const tail = this.#decoder.decode()
    this.#isFlushed = tail !== ''
    this.#ahead += tail
  }
}
