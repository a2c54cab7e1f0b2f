/**
 * Longest session in tokens that a stage is made for, where the model allows more. A stage keeps tables of rotary angles for
 * every position, which for a model that claims a million would be half a gigabyte.
 */
export const CONTEXT_TOKENS_MAX = 131_072
