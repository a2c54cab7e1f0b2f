/** UTF-8 bytes of the text of a schema. */
export const GRAMMAR_SCHEMA_BYTES_MAX: number = 256 * 1024

/** Objects and lists inside each other in a schema. */
export const GRAMMAR_SCHEMA_DEPTH_MAX = 64

/**
 * States and transitions of the automaton that a schema becomes, and steps to make it. Lengths are counted in states, so
 * `maxLength: 1000` takes thousands.
 */
export const GRAMMAR_SIZE_MAX = 400_000

/** Characters or items up to which a length is counted: a higher `maxLength` or `maxItems` is kept as if it were this. */
export const GRAMMAR_COUNT_MAX = 8192

/** Ways to combine the alternatives of `anyOf`, `oneOf` and `allOf` in one place of a schema. */
export const GRAMMAR_ALTERNATIVES_MAX = 1024

/** Characters (UTF-16 units) of one `pattern`. */
export const GRAMMAR_PATTERN_CHARS_MAX = 2048

/**
 * Places of the automaton at which one document may be at the same time: where alternatives begin alike, it is at all
 * of them. Bounds the time of a token.
 */
export const GRAMMAR_PLACES_MAX = 8192

/**
 * Places that are looked at to find the tokens that may come next, where they aren't known yet: a second of work at the
 * most. Legitimate schemas need a few thousand.
 */
export const GRAMMAR_TOKEN_WORK_MAX = 1_000_000

/** Digits before the point, and digits behind it, of a number. So many are exact in a double. */
export const GRAMMAR_NUMBER_DIGITS_MAX = 15

/** Compiled grammars that are kept for one vocabulary. */
export const GRAMMARS_KEPT_MAX = 32

/**
 * Bytes of token masks and parser states that all grammars of one vocabulary keep together, and bytes of their automata.
 * What doesn't fit is made anew when it is needed.
 */
export const GRAMMAR_CACHE_BYTES_MAX: number = 64 * 1024 ** 2
