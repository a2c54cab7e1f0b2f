import { parseCalls } from './tool-call.ts'
import type { ChoiceReader, ReadText } from './tool-call.ts'

/** Reads an answer that was kept a call: the arguments of the one tool, or a JSON object with a name and arguments. */
export class ForcedCallReader implements ChoiceReader {
  readonly #only: string | undefined
  #held = ''

  /** `only`: the tool, if there's no choice. */
  constructor(only: string | undefined) {
    this.#only = only
  }

  push(text: string): ReadText {
    this.#held += text
    return { text: '', calls: [] }
  }

  end(): ReadText {
    if (this.#only !== undefined) return { text: '', calls: [{ name: this.#only, arguments: this.#held }] }
    const calls = parseCalls(this.#held)
    return { text: calls.length > 0 ? '' : this.#held, calls }
  }
}
