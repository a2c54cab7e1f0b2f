import { ANSWER_EVENT_TOKENS_MAX } from '@shardline/wire'

/** Milliseconds to reach a driver at one address and shake hands. */
export const DIAL_MS_MAX = 10_000

/** Milliseconds until a driver that was reached says what it offers. */
export const OFFER_MS_MAX = 10_000

/** Milliseconds during which a driver that was lost is dialed again and again when it is asked, before that counts as failed. */
export const RECONNECT_MS_MAX = 5_000

/** Milliseconds between two such rounds; the first wait is this long, and each wait doubles. */
export const RECONNECT_WAIT_MS = 100

/** Milliseconds without anything of an answer after which it is given up. */
export const ANSWER_SILENCE_MS_MAX = 300_000

/** Milliseconds from sealing a prompt until the driver may no longer begin to answer it. */
export const ASK_EXPIRY_MS = 300_000

/** Bytes of an answer that wait for its reader before it is cancelled. */
export const ANSWER_BUFFER_BYTES_MAX: number = 16 * 1024 * 1024

/** Bytes of one sealed message of an answer. */
export const ANSWER_MESSAGE_BYTES_MAX: number = 2 * 1024 * 1024

/** Tokens of an answer that a validator may leave unsigned at a time: as many as one window can sign. */
export const WINDOW_TOKENS_MAX: number = ANSWER_EVENT_TOKENS_MAX

/** Validators of one answer whose next window may still be on its way, because others took their place. */
export const VALIDATORS_PENDING_MAX = 16

/** Addresses of one driver in an invite. */
export const INVITE_ADDRESSES_MAX = 16

/** Validators in an invite. */
export const INVITE_VALIDATORS_MAX = 64

/** Characters of an invite. */
export const INVITE_CHARS_MAX = 8_192

/** Characters of one address in an invite. */
export const ADDRESS_CHARS_MAX = 255
