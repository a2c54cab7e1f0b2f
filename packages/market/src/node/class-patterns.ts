/** What a numeric class looks like: a short name, and a digest. Two words at the most, so that it can carry no text. */
export const NUMERIC_CLASS_PATTERN = '^[a-z0-9]{1,8}(-[a-z0-9]{1,24})?$'
/** Characters of a numeric class. */
export const NUMERIC_CLASS_CHARS_MAX = 33
/** What a quantization looks like: a kind of number, its bits, and up to two variants; such as `f32`, `q4`, `q4_k_m`. */
export const QUANTIZATION_PATTERN = '^[a-z]{1,4}[0-9]{1,2}(_[a-z0-9]{1,4}){0,2}$'
/** Characters of a quantization. */
export const QUANTIZATION_CHARS_MAX = 16
