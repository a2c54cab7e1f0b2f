/** Accounts or transfers of one call at the most. As in TigerBeetle, a call of this size still commits in well under a second. */
export const ITEMS_PER_CALL_MAX = 8_190

/** Accounts and transfers that one database transaction takes together at the most, from however many calls. */
export const ITEMS_PER_BATCH_MAX = 8_190

/** Accounts and transfers that wait for a transaction at the most; a call beyond it is refused. */
export const ITEMS_WAITING_MAX = 65_536

/** Holds whose timeout ran out that one transaction releases at the most. */
export const EXPIRED_PER_BATCH_MAX = 8_190

/** Largest amount of one transfer and largest balance, in microcredits: what SQL's `bigint` holds. */
export const AMOUNT_MAX: bigint = 2n ** 63n - 1n

/** Largest number of a ledger: what SQL's `integer` holds. */
export const LEDGER_NUMBER_MAX: number = 2 ** 31 - 1

/** Largest code of an account or a transfer. */
export const CODE_MAX = 65_535

/** Longest text of `userData` in bytes of UTF-8. */
export const USER_DATA_BYTES_MAX = 64

/** Longest timeout of a hold in milliseconds: ten years. */
export const TIMEOUT_MS_MAX: number = 10 * 366 * 24 * 3_600_000

/** Items on one page of a query when the query doesn't say. */
export const PAGE_ITEMS_DEFAULT = 100

/** Items on one page of a query at the most. */
export const PAGE_ITEMS_MAX = 8_190

/** Times that a transaction is tried again after the database gave it up for a conflict with another. */
export const TRANSACTION_RETRIES_MAX = 8

/** Milliseconds before the first of these retries; doubles with each. */
export const TRANSACTION_RETRY_MS = 5

/** Connections to a PostgreSQL server that one process opens at the most. */
export const CONNECTIONS_MAX = 8

/** Milliseconds to reach a PostgreSQL server. */
export const CONNECT_MS_MAX = 10_000

/** Milliseconds of silence after which the system looks whether a connection that only listens still stands. */
export const LISTEN_PROBE_MS = 10_000

/**
 * Bytes that have to be free on the disk before an embedded database that crashed is opened again: two segments of its
 * write-ahead log, of 16 MiB each.
 */
export const REOPEN_ROOM_BYTES_MIN = 33_554_432

/** Milliseconds from a try to open an embedded database again that failed to the next one. */
export const REOPEN_REST_MS = 1_000

/** Milliseconds between two looks whether the folder of an embedded database is still there. */
export const FOLDER_WATCH_MS = 1_000

/** Longest signed note in bytes: a checkpoint with the signatures of all witnesses. */
export const NOTE_BYTES_MAX = 65_536

/** Signatures of one note at the most. */
export const NOTE_SIGNATURES_MAX = 64

/** Longest line of an export in bytes: a checkpoint's note of full length, with every byte written as an escape. */
export const EXPORT_LINE_BYTES_MAX: number = 8 * NOTE_BYTES_MAX
