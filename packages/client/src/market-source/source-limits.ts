/** Drivers that are asked for one answer, the first included; a market lets a request be claimed as often. */
export const DRIVER_ATTEMPTS_MAX = 3

/** Output tokens of one choice that are held for when the user names no bound. */
export const OUTPUT_TOKENS_DEFAULT = 1_024

/** Milliseconds for which the market's prices and drivers are used before they are asked for again. */
export const LISTINGS_FRESH_MS = 5_000

/** Milliseconds during which a driver that failed is asked only if there is no other. */
export const DRIVER_FAILED_MS = 60_000

/** Milliseconds for which a measured way to a driver counts. */
export const LATENCY_FRESH_MS = 600_000

/** Milliseconds of way to a driver that make it half as good. */
export const LATENCY_HALF_MS = 200

/** Links to drivers that are kept. */
export const DRIVER_LINKS_MAX = 32

/** Milliseconds between two acknowledgements while an answer comes. */
export const ACKNOWLEDGE_INTERVAL_MS = 2_000

/** Milliseconds after an answer's end that its report waits for the bill. */
export const BILL_MS_MAX = 5_000

/** Milliseconds during which the last acknowledgement is sent again when the market can't be reached, or fails by itself. */
export const ACKNOWLEDGE_RETRY_MS_MAX = 600_000

/** Milliseconds that a source that is closed waits for acknowledgements on their way. */
export const SOURCE_CLOSE_MS_MAX = 5_000

/** Milliseconds before a request is looked at again, at first; each wait is half as long again. */
export const REQUEST_POLL_MS = 50

/** Milliseconds before a request is looked at again, at the most. */
export const REQUEST_POLL_MS_MAX = 1_000

/** Tokens that a chat template puts around one message at the most. */
export const TEMPLATE_TOKENS_PER_MESSAGE_MAX = 32

/** Tokens that a chat template puts around all messages at the most: a system message of its own, dates, marks. */
export const TEMPLATE_TOKENS_MAX = 256

/** Tokens that a chat template adds to explain tools at the most, beside the tools themselves. */
export const TEMPLATE_TOOL_TOKENS_MAX = 1_024
