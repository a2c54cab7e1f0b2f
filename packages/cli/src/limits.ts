/** Worker processes that one command starts on this machine at the most. */
export const LOCAL_WORKERS_MAX = 16

/** Threads that can be asked for. */
export const THREADS_MAX = 1024

/** Time that a role process gets from its start to its report that it is ready. */
export const ROLE_START_MS_MAX = 60_000

/** Time that a role process gets to end by itself before it is ended. */
export const ROLE_STOP_MS_MAX = 5_000

/** Size of a prompt, text or ids file. */
export const INPUT_BYTES_MAX = 64 * 1024 * 1024

/** Tokens of an answer unless the checkpoint suggests a number or `--max-tokens` gives one. */
export const ANSWER_TOKENS_DEFAULT = 256

/** Alternatives per token that `--top` and `--logprobs` can ask for. */
export const TOP_ALTERNATIVES_MAX = 100

/** Lines of a role process's error output that are kept to explain its end. */
export const ROLE_ERROR_LINES_MAX = 20
