/** Milliseconds that a signed message's time may lie before or after the verifier's own. */
export const MESSAGE_AGE_MS_MAX = 60_000

/** Bytes of random data in a nonce that this package makes: enough that two never meet. */
export const NONCE_BYTES = 16

/** Longest nonce that is accepted, in characters. */
export const NONCE_CHARACTERS_MAX = 64

/** Nonces that a {@link MemoryNonces} keeps at the most; one more is refused until old ones ran out. */
export const NONCES_MAX = 262_144

/** Milliseconds between two sweeps of ran-out nonces, so that a full memory isn't searched on every message. */
export const NONCE_SWEEP_MS = 1_000

/** Longest purpose or audience, in characters. */
export const PURPOSE_CHARACTERS_MAX = 128

/** Longest canonical form of what is signed, in bytes. */
export const SIGNED_BYTES_MAX = 1_048_576

/** Lists and objects inside each other in what is signed. */
export const SIGNED_DEPTH_MAX = 32

/** Milliseconds that a challenge can be answered. */
export const CHALLENGE_MS_MAX = 300_000

/** Longest prompt that is sealed or opened, in bytes. */
export const PROMPT_BYTES_MAX = 16_777_216

/** Prompts are filled up to a multiple of this many bytes, so that their exact length stays unknown. */
export const PROMPT_PADDING_BYTES = 256

/** Longest request id, in characters. */
export const REQUEST_ID_CHARACTERS_MAX = 128

/** Largest locked price in microcredits: what the ledger can hold. */
export const LOCKED_PRICE_MAX: bigint = 2n ** 63n - 1n

/** Bytes of text in one chunk of a sealed answer. */
export const ANSWER_CHUNK_BYTES_MAX = 65_536

/** Chunks of one sealed answer: the counter has 32 bits. */
export const ANSWER_CHUNKS_MAX: number = 2 ** 32 - 1

/** Milliseconds that a driver's encryption key is valid unless it says otherwise: seven days. */
export const DRIVER_KEY_MS_DEFAULT: number = 7 * 24 * 3_600_000

/** Milliseconds that a driver's encryption key may be valid at the most: thirty days. A stolen one is of no use after. */
export const DRIVER_KEY_MS_MAX: number = 30 * 24 * 3_600_000

/** Encryption keys that a driver keeps at the most: the newest, and older ones that prompts may still be sealed to. */
export const DRIVER_KEYS_KEPT_MAX = 32

/** Longest checkpoint of a log of driver keys with its signatures, in bytes. */
export const KEY_LOG_CHECKPOINT_BYTES_MAX = 65_536

/** Milliseconds that such a checkpoint may be old: one hour. So long, a key that was replaced can still be shown as current. */
export const KEY_LOG_CHECKPOINT_AGE_MS_MAX = 3_600_000

/** Signature lines of one checkpoint. */
export const KEY_LOG_SIGNATURES_MAX = 64

/**
 * Rows of one window of a receipt: fixed, because both sides of a boundary must cut alike. Fewer show more exactly which
 * rows differ, and cost more leaves.
 */
export const RECEIPT_WINDOW_ROWS = 32

/** Longest key file in bytes. */
export const KEY_FILE_BYTES_MAX = 65_536

/** Longest passphrase in bytes of UTF-8. */
export const PASSPHRASE_BYTES_MAX = 1_024

/** Longest name of a key, in characters. */
export const KEY_NAME_CHARACTERS_MAX = 64

/** Binary logarithm of scrypt's cost N for new key files: 128 MiB and a good part of a second for each guess. */
export const SCRYPT_COST_LOG2 = 17

/** Largest such cost that a key file can ask for: 1 GiB. A file from a stranger can't ask for more. */
export const SCRYPT_COST_LOG2_MAX = 20
