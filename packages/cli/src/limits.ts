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

/** Milliseconds after which a node says again that it is there, if it has nothing new to say: well within the two minutes that it is listed. */
export const PRESENCE_RENEW_MS = 45_000

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

/** Workers of a market that a driver plans over at the most. */
export const FOUND_WORKERS_MAX = 16

/** Workers of a market that stand by beside them at the most, and validators. */
export const FOUND_SPARES_MAX = 4

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

/** Port on which a driver shows its status unless told otherwise. */
export const DRIVER_STATUS_PORT_DEFAULT = 7500

/** Port on which a worker or a node shows its status unless told otherwise. */
export const WORKER_STATUS_PORT_DEFAULT = 7501

/** Port on which a validator shows its status unless told otherwise. */
export const VALIDATOR_STATUS_PORT_DEFAULT = 7502

/** Port on which a relay shows its status unless told otherwise. */
export const RELAY_STATUS_PORT_DEFAULT = 7503

/** Connections to a status server that are open at the same time. */
export const STATUS_SOCKETS_MAX = 64

/** Bytes of the headers of a request to a status server. */
export const STATUS_HEADER_BYTES_MAX = 8_192

/** Milliseconds in which a request to a status server has to be there. */
export const STATUS_HEADERS_MS_MAX = 5_000

/** Milliseconds that a status server keeps a connection that asks nothing. */
export const STATUS_KEEP_ALIVE_MS = 10_000

/** Milliseconds between two questions to a market for what a role with a status has earned. */
export const STATUS_EARNINGS_MS = 15_000

/** Bytes of a status that is read. */
export const STATUS_BYTES_MAX: number = 4 * 1024 * 1024

/** Characters of one name, id or address in a status that is read. */
export const STATUS_TEXT_CHARS_MAX = 1_024

/** Milliseconds in which a status has to be read. */
export const STATUS_FETCH_MS_MAX = 3_000

/** Addresses of which one command shows the status. */
export const STATUS_ADDRESSES_MAX = 64

/** Seconds between two looks of `shardline top` unless `--every` says otherwise. */
export const TOP_EVERY_S_DEFAULT = 1

/** Seconds that `--every` can ask for. */
export const TOP_EVERY_S_MAX = 3_600

/** Spans of traces that wait to be sent; what comes beyond is dropped. */
export const TRACE_SPANS_QUEUED_MAX = 8_192

/** Spans of traces that are sent at once. */
export const TRACE_BATCH_SPANS_MAX = 512

/** Milliseconds between two batches of traces. */
export const TRACE_BATCH_MS = 1_000

/** Milliseconds in which a collector has to take a batch. */
export const TRACE_EXPORT_MS_MAX = 10_000

/** Milliseconds that a driver that is stopped takes to send its last traces. */
export const TRACE_FLUSH_MS_MAX = 2_000

/** Looks that `--count` of `shardline top` can ask for. */
export const TOP_LOOKS_MAX = 1_000_000

/** Port on which nodes enlist with a driver unless told otherwise. */
export const DOOR_PORT_DEFAULT = 7250

/** Days for which an invite lets nodes enlist, unless `--invite-nodes-days` says otherwise. */
export const NODE_INVITE_DAYS_DEFAULT = 30

/** Days that `--invite-nodes-days` can ask for. */
export const NODE_INVITE_DAYS_MAX = 366

/** Time between two looks of a driver at who is on its market, while its pipeline runs; in milliseconds. */
export const MARKET_LOOK_MS = 60_000
