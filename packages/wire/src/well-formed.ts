/** Halves of pairs, or whole pairs: what most texts have none of. */
const SURROGATE = /[\uD800-\uDFFF]/
/** With the flag `u` whole pairs are one character, and only halves are left. */
const HALF_PAIR = /\p{Surrogate}/u
const HALF_PAIRS = /\p{Surrogate}/gu

/** Whether `text` has a UTF-8 form: no halves of surrogate pairs. */
export function isWellFormed(text: string): boolean {
  return !SURROGATE.test(text) || !HALF_PAIR.test(text)
}

/** `text` with the replacement character in the place of halves of surrogate pairs. */
export function toWellFormed(text: string): string {
  return SURROGATE.test(text) ? text.replace(HALF_PAIRS, '\uFFFD') : text
}
