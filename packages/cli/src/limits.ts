/** Worker processes that one command starts on this machine at the most. */
export const LOCAL_WORKERS_MAX = 16

/** Workers that stand by which one command starts on this machine at the most; as many validators come with them. */
export const LOCAL_SPARES_MAX = 8

/** Threads that `--threads` can ask for: as many as the engine takes. Restated here so that `--help` needs no engine. */
export const THREADS_MAX = 256

/** Time that a role process gets from its start to its report that it is ready. */
export const ROLE_START_MS_MAX = 60_000

/** Time that a role process gets to end by itself before it is ended. */
export const ROLE_STOP_MS_MAX = 5_000

/** Size of a prompt, text or ids file. */
export const INPUT_BYTES_MAX: number = 64 * 1024 * 1024

/** Tokens of an answer unless the checkpoint suggests a number or `--max-tokens` gives one. */
export const ANSWER_TOKENS_DEFAULT = 256

/** Alternatives per token that `--top` and `--logprobs` can ask for: as many as the engine reports. */
export const TOP_ALTERNATIVES_MAX = 256

/** Largest magnitude of a `--logit-bias`. */
export const LOGIT_BIAS_MAX = 100

/** Lines of a role process's error output that are kept to explain its end. */
export const ROLE_ERROR_LINES_MAX = 20

/** Tokens that `--context` can ask for; the model's own length bounds it further. */
export const CONTEXT_TOKENS_MAX = 1_048_576

/** Rows that `--prefill-chunk` can ask for. */
export const PREFILL_CHUNK_ROWS_MAX = 65_536

/** Tokens that `--max-tokens` can ask for. */
export const ANSWER_TOKENS_MAX = 1_048_576

/** Time from the end of a process's parent, or from the order to stop, to the process's own forced end. */
export const ORPHAN_MS_MAX = 3_000

/** Lines of input that wait while a chat answers. */
export const CHAT_LINES_WAITING_MAX = 10_000

/** Port that a worker listens on unless told otherwise. */
export const WORKER_PORT_DEFAULT = 7101

/** Port that a validator listens on unless told otherwise. */
export const VALIDATOR_PORT_DEFAULT = 7102

/** Age of a machine's kept measurements above which they are measured again: one day. */
export const MACHINE_FACTS_MS_MAX: number = 24 * 60 * 60 * 1000

/** Time that one process waits for another one to measure the machine before it does so itself. */
export const MACHINE_LOCK_MS_MAX = 15_000

/** Items of one page that `shardline ledger accounts` and `transfers` show unless `--limit` says otherwise. */
export const LEDGER_PAGE_ITEMS_DEFAULT = 100

/** Items of one page that `--limit` can ask for: as many as the ledger gives. Restated here so that `--help` needs no ledger. */
export const LEDGER_PAGE_ITEMS_MAX = 8_190

/** Port that a driver serves asks on unless told otherwise. */
export const SERVICE_PORT_DEFAULT = 7200

/** Milliseconds that the driver of a local cluster waits for answers that run when it is stopped: less than its process is given. */
export const SUPERVISED_SERVICE_STOP_MS_MAX = 3_000

/** Milliseconds between two reports of a node to its market: well within the minute after which capacities are forgotten. */
export const PRESENCE_MS = 15_000

/** Milliseconds until a node tries again after its market couldn't be reached. */
export const PRESENCE_RETRY_MS = 2_000

/** Milliseconds that a node that is stopped takes to leave its market. */
export const PRESENCE_WITHDRAW_MS_MAX = 1_500

/** Port that a relay listens on unless told otherwise. */
export const RELAY_PORT_DEFAULT = 7400

/** Milliseconds between two looks of a relay's command at what it did. */
export const RELAY_REPORT_MS = 60_000

/** Milliseconds between two looks of a node at what it does and earns, and at its hours. */
export const NODE_REPORT_MS = 60_000

/** Bytes of memory that a node has to be lent at the least. */
export const NODE_MEMORY_BYTES_MIN: number = 64 * 1024 * 1024

/** Port that a gateway listens on unless told otherwise. */
export const GATEWAY_PORT_DEFAULT = 11_435

/** Bytes of a file with a gateway's access key. */
export const ACCESS_KEY_BYTES_MAX = 4_096

/** Port that a market listens on unless told otherwise. */
export const MARKET_PORT_DEFAULT = 7300

/** Prices of a history that `shardline price` shows unless `--limit` says otherwise. */
export const PRICE_POINTS_DEFAULT = 50

/** Prices that `--limit` can ask for: one page of the market's. */
export const PRICE_POINTS_MAX = 200

/** Requests that `shardline requests` lists unless `--limit` says otherwise. */
export const REQUESTS_DEFAULT = 20

/** Requests that `--limit` of `shardline requests` can ask for: one page of the market's. */
export const REQUESTS_MAX = 200

/** Bytes of a file with a market's settings. */
export const SETTINGS_BYTES_MAX = 1_048_576

/** Days that a driver's new encryption key is valid unless `--days` says otherwise. */
export const DRIVER_KEY_DAYS_DEFAULT = 7

/** Days that `--days` can ask for: as many as the identity package allows. Restated here so that `--help` loads no cryptography. */
export const DRIVER_KEY_DAYS_MAX = 30

/** Microcredits per 1,000,000 tokens at which the price of a local cluster's market starts: 100 credits. */
export const CLUSTER_BASE_PRICE_MICROCREDITS = 100_000_000

/** Microcredits of play money that the user of a local cluster is given when half of it is spent: 1,000 credits. */
export const CLUSTER_CREDITS_MICROCREDITS = 1_000_000_000n
