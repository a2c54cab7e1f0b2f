import { TEXT_CHARS_MAX } from './limits.ts'
import { toWellFormed } from './well-formed.ts'

/** Makes any text fit a message: cut to the limit, halves of surrogate pairs replaced, no leading byte order mark. */
export function clipText(text: string): string {
  return toWellFormed(text.slice(0, TEXT_CHARS_MAX)).replace(/^\uFEFF+/u, '')
}
