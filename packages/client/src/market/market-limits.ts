/** Milliseconds until a market's whole answer must be there. */
export const MARKET_ANSWER_MS_MAX = 15_000

/** Bytes of one answer of a market: a page of requests, or a claimed prompt in base64. */
export const MARKET_ANSWER_BYTES_MAX: number = 4 * 1024 * 1024

/** Times that one call is sent at the most; all but the first only when the answer before was lost, or the market was busy. */
export const MARKET_TRIES_MAX = 4

/** Milliseconds before a call is sent again, at first; the wait doubles, and half of it is drawn by chance. */
export const MARKET_RETRY_MS = 200

/** Milliseconds before a call is sent again, at the most. */
export const MARKET_RETRY_MS_MAX = 5_000

/** Drivers of one list that are dialed to see how far away they are. */
export const DRIVERS_MEASURED_MAX = 32

/** Drivers that are dialed at the same time. */
export const DIALS_AT_ONCE_MAX = 8

/** Milliseconds until a driver that is measured must have shaken hands. */
export const MEASURE_MS_MAX = 5_000

/** Events that wait for their reader before the connection is given up; the reader then gets the state anew. */
export const MARKET_EVENTS_WAITING_MAX = 1_000

/** Milliseconds without an event after which the connection is made anew: a dead one can't be told from a quiet one. */
export const MARKET_EVENTS_SILENCE_MS_MAX = 60_000

/** Connections for events in a row that fail before events end. */
export const MARKET_EVENTS_TRIES_MAX = 10
