/** Milliseconds that a claim holds without progress. */
export const CLAIM_LEASE_MS = 60_000
/** Milliseconds from opening to failure, when the user names none. */
export const REQUEST_MS_DEFAULT = 300_000
/** Milliseconds from opening to failure that a user may ask for at the most. */
export const REQUEST_MS_MAX = 3_600_000
/** Claims of one request at the most. */
export const ATTEMPTS_MAX = 3
/** Milliseconds from opening until the sealed prompt must be there. */
export const QUOTED_MS_MAX = 30_000
/** Milliseconds from delivery, or from when the market is back after that, until a request is billed by what was acknowledged so far. */
export const ACKNOWLEDGE_MS_MAX = 30_000
/** Milliseconds that a hold outlives its request's deadline, so that a market that was down can still settle. */
export const HOLD_GRACE_MS = 604_800_000
/** Milliseconds that leases last at the least after a time without sweeps, so that drivers outlive a market that was away. */
export const OUTAGE_GRACE_MS = 15_000
/** Sweeping intervals without a finished round from which on the market counts as away. */
export const OUTAGE_INTERVALS_MIN = 5
/** Milliseconds that a capacity counts after its last report. */
export const CAPACITY_MS_MAX = 60_000
/** Milliseconds that a node is listed after it last said that it is there. */
export const NODE_MS_MAX = 120_000
/** Microcredits per 1,000,000 tokens of a model that was added without a price. */
export const BASE_PRICE_DEFAULT = 100n
/** Tokens per second that a driver counts with until receipts show what it can do. */
export const UNPROVEN_TOKENS_PER_SECOND_MAX = 50
/** Milliseconds of receipts that show what a driver can do. */
export const SHOWN_WINDOW_MS = 600_000
/** Basis points of the billed amount that go to the protocol. */
export const FEE_BPS = 1_000
/** Basis points of the hold that a user pays for taking a waiting request back. */
export const CANCEL_FEE_BPS = 1_000
/** Microcredits that feedback costs. */
export const FEEDBACK_FEE = 10n
/** Milliseconds after its end in which a request can get feedback. */
export const FEEDBACK_MS_MAX = 86_400_000
/** Bytes of a sealed prompt. */
export const SEALED_PROMPT_BYTES_MAX = 1_048_576
/** Prompt tokens that a request may announce. */
export const PROMPT_TOKENS_MAX = 1_048_576
/** Output tokens that a request may ask for. */
export const OUTPUT_TOKENS_MAX = 1_048_576
/** Requests of one user that are open at a time. */
export const OPEN_REQUESTS_PER_USER_MAX = 256
/** Workers of one pipeline. */
export const WORKERS_PER_REQUEST_MAX = 256
/** Requests that one round of a sweep takes up. */
export const SWEEP_BATCH_MAX = 200
/** Milliseconds between rounds of sweeping. */
export const SWEEP_INTERVAL_MS = 1_000
/** Items of one page. */
export const PAGE_ITEMS_MAX = 200
/** Milliseconds from one new key of a driver in the log to its next: nobody can fill it. */
export const DRIVER_KEY_INTERVAL_MS = 60_000
/** Entries of the log of driver keys that are read from the database at once: few, so that other requests get their turn. */
export const DRIVER_KEYS_READ_MAX = 500
/** Models on one market. */
export const MODELS_MAX = 1_000
/** Highest price in microcredits per 1,000,000 tokens: at it one token costs as much as the ledger can move at once. */
export const PRICE_MAX_MICROCREDITS: bigint = (2n ** 63n - 1n) * 1_000_000n
/** Digits before the point of a price that is read from text; the highest price has 25. */
export const PRICE_DIGITS_MAX = 30
/** Largest number of tokens that an answer names: what SQL's `bigint` holds. */
export const TOKENS_MAX: bigint = 2n ** 63n - 1n
/** Shortest time in milliseconds that one request's throughput is measured over; shorter ones count as this long. */
export const SHOWN_INTERVAL_MS_MIN = 100
/** Comparisons of a node below which its preference isn't shown. */
export const COMPARISONS_SHOWN_MIN = 30
/** Served requests that a bill reads to see what drivers can do: the newest of a driver, and of all others. */
export const SERVED_REQUESTS_READ_MAX = 1_000
/** Expired nonces that one round of a sweep forgets. */
export const NONCES_FORGOTTEN_MAX = 10_000
/** Times that the fee for one feedback is tried: a try that found too few credits is used up. */
export const FEEDBACK_FEE_TRIES_MAX = 16

/** Bytes of one HTTP request's body: a sealed prompt in base64 and room beside it. */
export const HTTP_BODY_BYTES_MAX: number = 2 * 1024 * 1024
/** Bytes of one HTTP request's headers. */
export const HTTP_HEADER_BYTES_MAX = 16_384
/** Characters of one HTTP request's path and query. */
export const HTTP_URL_CHARS_MAX = 2_048
/** Milliseconds from a connection's first byte to the end of the headers. */
export const HTTP_HEADERS_MS_MAX = 10_000
/** Milliseconds from a request's first byte to its last. */
export const HTTP_REQUEST_MS_MAX = 30_000
/** Milliseconds that an idle connection stays open: longer than load balancers keep theirs, so that they close first. */
export const HTTP_KEEP_ALIVE_MS = 65_000
/** Milliseconds that requests in flight get to finish when the server closes. */
export const HTTP_CLOSE_MS_MAX = 10_000
/** Connections of one server. */
export const HTTP_SOCKETS_MAX = 4_096
/** Levels of arrays and objects in a body. */
export const JSON_DEPTH_MAX = 16
/** Requests per second of one address. */
export const ADDRESS_REQUESTS_PER_SECOND_MAX = 200
/** Requests per second of one party. */
export const PARTY_REQUESTS_PER_SECOND_MAX = 100
/** Seconds of requests that an address or a party can save up and then send at once. */
export const RATE_BURST_SECONDS_MAX = 5
/** Addresses or parties whose rates are remembered; beyond, the one that was idle longest is forgotten. */
export const RATE_ENTRIES_MAX = 65_536
/** WebSockets that get events from one server. */
export const EVENT_SUBSCRIBERS_MAX = 1_024
/** Bytes that wait for one subscriber before it counts as too slow. */
export const EVENT_BUFFER_BYTES_MAX = 1_048_576
/** Events that wait for one subscriber while its first state is read. */
export const EVENTS_WAITING_MAX = 1_000
/** Milliseconds between pings to a subscriber; one that hasn't answered by the next is cut off. */
export const EVENT_PING_MS = 20_000
/** Milliseconds that the database gets to answer when somebody asks whether the market is ready. */
export const READY_MS_MAX = 2_000
/** Milliseconds without a finished sweep after which the market isn't ready. */
export const SWEEP_LATE_MS_MAX = 60_000
/** Priorities that a request may have: 0 to this. */
export const PRIORITY_MAX = 9
/** Microcredits that one request may hold: what an account can count. */
export const HOLD_MAX = 9_223_372_036_854_775_807n
/** Microcredits of one deposit: a million million credits. */
export const DEPOSIT_MAX = 1_000_000_000_000_000_000n
/** Microcredits per 1,000,000 tokens that a model's base price may be. */
export const BASE_PRICE_MAX = 1_000_000_000_000n
/** Layers of one model. */
export const LAYERS_PER_MODEL_MAX = 4_096
/** Tokens per second that a capacity may report. */
export const TOKENS_PER_SECOND_MAX = 10_000_000
/** Nodes of one role that are listed. */
export const NODES_READ_MAX = 1_000
/** Bytes of memory that a node may say that it lends. */
export const NODE_MEMORY_BYTES_MAX = 1_125_899_906_842_624
/** Microcredits per 1,000,000 tokens that a node may have as its price floor. */
export const PRICE_FLOOR_MAX = 1_000_000_000_000_000_000n
/** Milliseconds that a node may say that it takes for a billion multiply-adds. */
export const NODE_DECODE_MS_MAX = 1_000_000_000
/** Drivers of one model that a list of drivers is chosen from. */
export const DRIVERS_READ_MAX = 1_000
/** Milliseconds before a lost connection for events is tried again, at first. */
export const LISTEN_RETRY_MS = 250
/** Milliseconds before a lost connection for events is tried again, at the most. */
export const LISTEN_RETRY_MS_MAX = 10_000
