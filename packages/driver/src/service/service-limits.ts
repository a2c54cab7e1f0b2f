import { WIRE_LIMITS_DEFAULT } from '@shardline/wire'
import type { WireLimits } from '@shardline/wire'

/**
 * Answers of one network that run, for each place that then stays free: a network that is alone has 32 of 40 places, and of
 * two that want all they can get one has 18 and one 17. So who comes next need not wait for somebody's answer to end.
 */
export const ANSWERS_RUNNING_PER_FREE_MAX = 4

/** Answers that one link may have open, those that wait included; each choice of an ask counts. */
export const ANSWERS_PER_LINK_MAX = 128

/** Answers that one identity may have open, over all its links. */
export const ANSWERS_PER_IDENTITY_MAX = 128

/** Answers that all identities at one address may have open (an IPv4 address, or an IPv6 network of 64 bits). */
export const ANSWERS_PER_NETWORK_MAX = 256

/** Answers that all clients together may have open, those that wait for a session included. */
export const ANSWERS_OPEN_MAX = 512

/** Bytes of the content of one sealed prompt. */
export const ASK_BYTES_MAX: number = 512 * 1024

/** Tokens that one answer may be asked to have. */
export const ANSWER_TOKENS_MAX = 131_072

/** Milliseconds that an ask may be valid from now on: for so long its id is remembered, so that it can't come twice. */
export const ASK_EXPIRY_MS_MAX = 3_600_000

/** Ids of asks that are remembered. */
export const ASK_IDS_MAX = 262_144

/** Ids that are remembered of one identity, so that nobody can fill the memory alone. */
export const ASK_IDS_PER_IDENTITY_MAX = 32_768

/** Bytes of an answer's events that wait for a slow client; decoding of that answer pauses while so many wait. */
export const ANSWER_PENDING_BYTES_MAX: number = 64 * 1024

/** Bytes of events that go into one message of an answer. */
export const ANSWER_MESSAGE_BYTES: number = 32 * 1024

/** Milliseconds that a message may wait for a client to take it, before the client is dropped. */
export const CLIENT_SEND_MS_MAX = 10_000

/** Milliseconds that a stopping service waits for the answers that run. */
export const SERVICE_STOP_MS_MAX = 30_000

/** Milliseconds before a broken pipeline is formed again, if the first attempt failed; each wait doubles. */
export const PIPELINE_RETRY_MS_MIN = 500

/** Longest such wait in milliseconds. */
export const PIPELINE_RETRY_MS_MAX = 30_000

/** Milliseconds between two looks at the age of the key that prompts are sealed to. */
export const SEALING_KEY_CHECK_MS = 60_000

/** Milliseconds that a claim at the market may take before the ask is refused. */
export const CLAIM_MS_MAX = 10_000

/** Milliseconds between two reports of an answer's progress to the market, at the most; a short lease makes them shorter. */
export const PAID_PROGRESS_MS = 5_000

/** Milliseconds that the end of a paid answer waits for the market to take it; settlement then goes on in the background. */
export const SETTLE_WAIT_MS_MAX = 1_000

/**
 * Rows of a paid answer that come, at the least, before its stages are asked for receipts again while it runs: a window.
 * More where many rows are signed already, because each set covers all of them.
 */
export const RECEIPT_INTERVAL_ROWS = 32

/** Milliseconds before an answer is handed in to a market again that couldn't be asked, at first; each wait doubles. */
export const DELIVERY_RETRY_MS_MIN = 250

/** Longest such wait in milliseconds. */
export const DELIVERY_RETRY_MS_MAX = 3_000

/** Milliseconds past a request's deadline in which its answer is still handed in: the market's clock may be behind. */
export const DELIVERY_GRACE_MS = 30_000

/** Answers that wait for the market to take them; beyond, no new ask is claimed. */
export const DELIVERIES_PENDING_MAX = 256

/** Milliseconds that a stopping service goes on handing in answers. */
export const DELIVERY_STOP_MS_MAX = 5_000

/** Milliseconds of answering behind a driver's tokens per second; what is older counts half. */
export const THROUGHPUT_WINDOW_MS = 60_000

/** Tokens from which on answers show a driver's tokens per second. */
export const THROUGHPUT_TOKENS_MIN = 32

/** Tokens of the answer that shows a new pipeline's tokens per second. */
export const PROBE_TOKENS = 16

/**
 * How much more than what lives a serving driver's heap may hold before all of it is collected, in percent of what lives.
 * Higher values collect more rarely, which otherwise makes the answers of that moment wait, and take more memory.
 */
export const HEAP_GROWING_PERCENT = 200

/** Limits of the links to clients, who are strangers: less room for each than a stage is given, and more of them. */
export const SERVICE_LINK_LIMITS: WireLimits = Object.freeze({
  ...WIRE_LIMITS_DEFAULT,
  frameBytesMax: 4 * 1024 * 1024,
  headerBytesMax: 4 * 1024 * 1024,
  sendBufferHighBytes: 64 * 1024,
  sendBufferLowBytes: 16 * 1024,
  sendBufferBytesMax: 16 * 1024 * 1024,
  inboxEntriesMax: 32,
  inboxBytesMax: 8 * 1024 * 1024,
  linksPerListenerMax: 4096,
})
