/** Highest temperature. Above it every distribution is flat, so a larger value is a mistake. */
export const TEMPERATURE_MAX = 100

/** Highest repetition penalty; its lowest is just above 0. */
export const REPETITION_PENALTY_MAX = 100

/** Largest magnitude of the presence and frequency penalties. */
export const OCCURRENCE_PENALTY_MAX = 100

/** Entries of a logit bias. Each costs time per token. */
export const LOGIT_BIAS_ENTRIES_MAX = 4096

/** Largest magnitude of a finite logit bias, as in OpenAI's API; `-Infinity` bans a token. */
export const LOGIT_BIAS_MAX = 100

/** Stop tokens of one answer. */
export const STOP_TOKENS_MAX = 256

/** Best alternatives that can be reported per token. */
export const TOP_LOGPROBS_MAX = 256

/** Stop strings of one answer. */
export const STOP_STRINGS_MAX = 64

/** Length of one stop string in UTF-16 code units: so much text is held back at the most. */
export const STOP_STRING_CHARS_MAX = 1024
