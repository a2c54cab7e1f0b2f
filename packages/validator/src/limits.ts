import { ANSWER_EVENT_TOKENS_MAX } from '@shardline/wire'

/**
 * Bytes of logits that are held at a time; always room for one row. Rows to score are worked off in slabs of this size,
 * because a row of a large vocabulary takes 600 kB.
 */
export const LOGITS_BYTES_MAX: number = 64 * 1024 ** 2

/** Tokens that one signature covers; clients take no longer windows. Fewer show a changed token sooner and cost more. */
export const WINDOW_TOKENS_MAX: number = ANSWER_EVENT_TOKENS_MAX
