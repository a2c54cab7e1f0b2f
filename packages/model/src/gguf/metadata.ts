/** A value in a GGUF header. 64-bit integers that fit become numbers; others stay bigint. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[]

/** Key-value pairs of a GGUF header, for example `tokenizer.ggml.tokens`. A list may be built anew each time. */
export type GgufMetadata = Pick<ReadonlyMap<string, GgufValue>, 'get' | 'has'>
