/** Rows of one run at the most. Bounds the time that a decode row waits for a prefill chunk, and the memory of a run. */
export const ROWS_PER_RUN_MAX = 256

/** Sessions of one run at the most. The engine splits wider runs by itself; this bounds what one failure can touch. */
export const SESSIONS_PER_RUN_MAX = 64

/** Sessions open in one stage process at the same time, over all pipelines. */
export const SESSIONS_OPEN_MAX = 256

/** Pipelines that one stage process serves at the same time. */
export const PIPELINES_MAX = 16

/** Frames of one pipeline that wait in a stage; above it the stage stops reading from the link that they come from. */
export const INBOX_FRAMES_MAX = 256

/** Payload bytes of one pipeline that wait in a stage; above it the stage stops reading from the link that they come from. */
export const INBOX_BYTES_MAX: number = 64 * 1024 ** 2

/** Messages handed to a link whose send buffer has no room; above it the stage runs other pipelines' rows first. */
export const OUTBOX_MESSAGES_MAX = 8

/** Bytes of results that a node keeps of its open sessions, to give them to a stage that replaces the next one. */
export const REPLAY_BYTES_MAX: number = 256 * 1024 ** 2

/** Closed sessions of a pipeline that a stage remembers, in case their end was lost with the link to the next stage. */
export const CLOSES_REMEMBERED_MAX = 1024

/** Longest time to reach the next stage and shake hands, in milliseconds. */
export const NEXT_DIAL_MS_MAX = 5000

/**
 * Longest wait for the next stage to answer a join, in milliseconds. It answers when it has loaded; the driver, which is
 * told every second that this stage waits, mostly knows sooner what is wrong with it.
 */
export const NEXT_STANDING_MS_MAX = 600_000

/** Time between two messages that tell the driver that a stage waits for the next one, in milliseconds. */
export const NEXT_WAIT_REPORT_MS = 1000

/** Longest wait of a node that drains for a moment without open sessions, in milliseconds. */
export const DRAIN_MS_MAX = 120_000

/** How long a node that drains must be without open sessions before it stops: drivers ask for receipts after the last one. */
export const DRAIN_IDLE_MS = 2000

/** Longest time that `stop` waits for the run in progress, in milliseconds. */
export const STOP_GRACE_MS_MAX = 10_000

/** Closed sessions of one pipeline whose hashes are kept for receipts. 64 bytes for every 32 rows, and a little for each. */
export const EVIDENCE_SESSIONS_MAX = 256

/** Pings from which the way to the next stage is taken, when the driver asks for it. */
export const NEXT_PINGS = 5

/** Asks for weights that a node answers at the same time; each holds one block in memory. */
export const WEIGHTS_ASKS_MAX = 4

/** Asks for weights that wait for that. Each link has one of them at the most, because nothing more is read from it. */
export const WEIGHTS_ASKS_WAITING_MAX = 256

/** Bytes of weights a second that a node gives to all others together, so that hidden states still get through. */
export const WEIGHTS_BYTES_PER_SECOND_MAX: number = 64 * 1024 ** 2

/** Longest wait for a range of weights, in milliseconds; the node that was asked counts as failed then. */
export const WEIGHTS_SILENCE_MS_MAX = 30_000

/** Time without an ask after which a link for weights is closed, in milliseconds. */
export const WEIGHTS_IDLE_MS = 10_000

/** Addresses of one door in an invite for nodes. */
export const NODE_INVITE_ADDRESSES_MAX = 16

/** Characters of one address in an invite for nodes; its length travels as one byte. */
export const NODE_INVITE_ADDRESS_CHARS_MAX = 255

/** Characters of an invite for nodes. */
export const NODE_INVITE_CHARS_MAX = 8192

/** Longest wait of a node for the driver that it enlists with, in milliseconds: the driver dials it and lets it measure itself meanwhile. */
export const ENLIST_ANSWER_MS_MAX = 60_000

/** First wait before a node asks a driver again that it could not reach or that it lost, in milliseconds; it doubles each time. */
export const ENLIST_RETRY_MS_MIN = 1000

/** Longest wait between two of these, in milliseconds. */
export const ENLIST_RETRY_MS_MAX = 60_000
