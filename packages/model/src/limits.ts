// Sources: files, plain web servers, hubs.

/** Bytes of a file that is read as a whole as text (config.json, tokenizer.json, an index) at the most. The largest published tokenizer.json has about 35 MB. */
export const SIDE_FILE_BYTES_MAX: number = 64 * 1024 * 1024

/** Files of one checkpoint at the most, whether in a folder or in a hub's listing. */
export const CHECKPOINT_FILES_MAX = 10_000
