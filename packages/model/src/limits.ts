// Sources: files, plain web servers, hubs.

/** Bytes of a file that is read as a whole as text (config.json, tokenizer.json, an index) at the most. The largest published tokenizer.json has about 35 MB. */
export const SIDE_FILE_BYTES_MAX: number = 64 * 1024 * 1024

/** Files of one checkpoint at the most, whether in a folder or in a hub's listing. */
export const CHECKPOINT_FILES_MAX = 10_000

/** UTF-16 units of a file's name inside a checkpoint at the most. */
export const FILE_NAME_CHARACTERS_MAX = 200

/** Bytes of a hub's listing or other JSON answer at the most. */
export const HUB_ANSWER_BYTES_MAX: number = 16 * 1024 * 1024

/** Bytes of one block of a downloaded file: what is fetched, kept and checked as a unit. */
export const SOURCE_BLOCK_BYTES: number = 1024 * 1024

/** Bytes of one Range request at the most; adjacent missing blocks are fetched together up to this. */
export const RANGE_BYTES_MAX: number = 32 * 1024 * 1024

/** Requests of one model that run at the same time. */
export const REQUESTS_MAX = 4

/** Range requests of one model that wait or run at the most. */
export const REQUESTS_QUEUED_MAX = 65_536

/** Attempts without progress before a request is given up. */
export const REQUEST_ATTEMPTS_MAX = 5

/** Wait before the second attempt, in milliseconds; it doubles with each further one. */
export const RETRY_BASE_MS = 500

/** Wait between attempts at the most, in milliseconds; also what is honoured of a server's Retry-After. */
export const RETRY_WAIT_MS_MAX = 60_000

/** Time without an answer or without a further byte after which a connection counts as dropped, in milliseconds. */
export const REQUEST_IDLE_MS_MAX = 30_000

/** Redirects of one request at the most. */
export const REDIRECTS_MAX = 5

/** Bytes of one downloaded file at the most. */
export const SOURCE_FILE_BYTES_MAX: number = 2 ** 41

/** Bytes of a file that is fetched as a whole because its server ignores Range requests, at the most. */
export const RANGELESS_BYTES_MAX: number = 16 * 1024 * 1024 * 1024

/** Bytes of one block of a file that nodes give each other: what is hashed and asked for as a unit. Fixed, so that all list the same. */
export const SHARED_BLOCK_BYTES: number = 1024 * 1024

// Checkpoints: file formats, packing, embedding rows.

/** Bytes of a safetensors header at the most. The format's reference implementation allows 100 MB; published ones have up to 2 MB. */
export const SAFETENSORS_HEADER_BYTES_MAX: number = 32 * 1024 * 1024

/** Bytes of a GGUF header at the most. A vocabulary of 256,000 entries with its merges takes about 15 MB. */
export const GGUF_HEADER_BYTES_MAX: number = 128 * 1024 * 1024

/** Entries of all arrays of a GGUF header together at the most. A vocabulary of 256,000 entries with scores, types and merges has about 1,300,000. */
export const GGUF_ARRAY_ENTRIES_MAX = 8_000_000

/** Arrays inside arrays in a GGUF header at the most; no known file has any. */
export const GGUF_ARRAY_DEPTH_MAX = 3

/** Key-value pairs of a GGUF header at the most. Published ones have about 50. */
export const GGUF_KEYS_MAX = 65_536

/** Bytes of a key in a GGUF header at the most, as the format says. */
export const GGUF_KEY_BYTES_MAX = 65_535

/** Alignment of tensors in a GGUF file at the most, in bytes; the format's default is 32. */
export const GGUF_ALIGNMENT_BYTES_MAX: number = 1024 * 1024

/** Bytes of a tensor's name at the most. */
export const TENSOR_NAME_BYTES_MAX = 1024

/** Tensors of one file at the most. The largest published dense models have about 1,200. */
export const TENSORS_MAX = 100_000

/** Levels of arrays and objects inside each other in a JSON file of a checkpoint at the most. */
export const JSON_DEPTH_MAX = 64

/** Width of a hidden state, a head, or the feed-forward part at the most. */
export const MODEL_WIDTH_MAX = 1_048_576

/** Entries of a vocabulary at the most. */
export const VOCABULARY_MAX = 4_194_304

/** Bytes of source rows or of packed rows that packing holds at a time. */
export const PACK_SLAB_BYTES_MAX: number = 16 * 1024 * 1024

/** Bytes of the index of a packed file at the most. */
export const PACKED_INDEX_BYTES_MAX: number = 1024 * 1024

/** Rows that an embedding table keeps in memory by default. */
export const EMBEDDING_ROWS_MAX = 4096

// Tokenizers and chat templates.

/** Entries of a tokenizer's vocabulary at the most. The largest published ones have 262,144. */
export const TOKENIZER_TOKENS_MAX = 1_048_576

/** Merge rules of a tokenizer at the most. The largest published ones have about 515,000. */
export const TOKENIZER_MERGES_MAX = 2_097_152

/** UTF-16 units of one token's text at the most. */
export const TOKEN_CHARACTERS_MAX = 1024

/** UTF-16 units of one text that a tokenizer takes at the most. */
export const TEXT_CHARACTERS_MAX: number = 16 * 1024 * 1024

/** UTF-16 units of a chat template's source at the most. Published ones have up to about 20,000. */
export const CHAT_TEMPLATE_CHARACTERS_MAX = 262_144

/** UTF-16 units of a rendered chat at the most. */
export const CHAT_CHARACTERS_MAX: number = 16 * 1024 * 1024

/** Time that rendering a chat takes at the most, in milliseconds. */
export const CHAT_RENDER_MS_MAX = 2000

/** Numbers of one `range()` in a chat template at the most. */
export const CHAT_RANGE_ENTRIES_MAX = 100_000
