/** Bytes of one request's body. */
export const GATEWAY_BODY_BYTES_MAX: number = 8 * 1024 * 1024

/** Bytes of the bodies of all requests that run; one alone may be as long as it may. */
export const GATEWAY_BODIES_BYTES_MAX: number = 256 * 1024 * 1024

/** Bytes of one request's headers. */
export const GATEWAY_HEADER_BYTES_MAX: number = 16 * 1024

/** Characters of a request's path and query. */
export const GATEWAY_URL_CHARS_MAX = 2_048

/** Arrays and objects inside each other in a body, counted before it is parsed. */
export const GATEWAY_JSON_DEPTH_MAX = 64

/** Milliseconds from a connection's start to the end of a request's headers. */
export const GATEWAY_HEADERS_MS_MAX = 10_000

/** Milliseconds from a request's start to the end of its body. */
export const GATEWAY_REQUEST_MS_MAX = 30_000

/** Milliseconds that a connection stays open without a request. */
export const GATEWAY_KEEP_ALIVE_MS = 65_000

/** Milliseconds that one answer may take. */
export const GATEWAY_ANSWER_MS_MAX = 3_600_000

/** Milliseconds of silence after which a stream gets a comment, so that nothing on the way takes it for dead. */
export const GATEWAY_COMMENT_MS = 10_000

/** Milliseconds that a client may take to read what waits for it before its connection is cut. */
export const GATEWAY_READER_MS_MAX = 30_000

/** Milliseconds that running answers get to end when the gateway stops. */
export const GATEWAY_CLOSE_MS_MAX = 10_000

/** Connections at the same time. */
export const GATEWAY_SOCKETS_MAX = 16_384

/**
 * Connections that have sent no whole request yet; one more cuts the oldest. An honest client sends its request at once,
 * so that what is oldest is what only holds the place.
 */
export const GATEWAY_SOCKETS_SILENT_MAX = 512

/** Requests that run at the same time. */
export const GATEWAY_REQUESTS_MAX = 512

/** Requests that run at the same time for one address. */
export const GATEWAY_CLIENT_REQUESTS_MAX = 128

/** Requests per second of one address. */
export const GATEWAY_CLIENT_REQUESTS_PER_SECOND_MAX = 200

/** Seconds of requests that an address can save up. */
export const GATEWAY_RATE_BURST_SECONDS_MAX = 2

/** Addresses whose rates are remembered. */
export const GATEWAY_CLIENTS_REMEMBERED_MAX = 10_000

/** Milliseconds after which a refused client may try again, where nobody knows better. */
export const GATEWAY_RETRY_AFTER_MS = 1_000

/** Responses that are remembered for `previous_response_id`. */
export const GATEWAY_RESPONSES_KEPT_MAX = 1_000

/** Characters of all remembered responses with what they continue. */
export const GATEWAY_RESPONSES_KEPT_CHARS_MAX: number = 32 * 1024 * 1024

/** Tools of one request. */
export const GATEWAY_TOOLS_MAX = 128

/** Prompts of one request to `/v1/completions`. */
export const GATEWAY_PROMPTS_MAX = 32

/** Answers to one prompt. */
export const GATEWAY_CHOICES_MAX = 128

/** Characters of an access key at least. */
export const GATEWAY_ACCESS_KEY_CHARS_MIN = 16
