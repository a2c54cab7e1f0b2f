import { ShardlineError } from '@shardline/core'

// Sources: files, plain web servers, hubs.

/** A range that was asked for does not lie inside its source. */
export class SourceRangeError extends ShardlineError {
  override readonly name = 'SourceRangeError'
  readonly code = 'MODEL_SOURCE_RANGE'

  constructor(
    source: { readonly label: string; readonly sizeBytes: number },
    offset: number,
    length: number,
  ) {
    super(
      `${length} bytes from ${offset} on do not lie inside ${source.label}, which has ${source.sizeBytes} bytes`,
      {
        details: { source: source.label, sizeBytes: source.sizeBytes, offset, length },
      },
    )
  }
}

/** Bytes of a local file can't be had. */
export class SourceReadError extends ShardlineError {
  override readonly name = 'SourceReadError'
  readonly code = 'MODEL_SOURCE_READ'

  constructor(source: string, why: string, cause?: unknown) {
    super(`cannot read ${source}: ${why}${systemReason(cause)}`, { details: { source }, cause })
  }
}

/** A checkpoint has no file of that name. */
export class FileMissingError extends ShardlineError {
  override readonly name = 'FileMissingError'
  readonly code = 'MODEL_FILE_MISSING'

  constructor(reference: string, file: string) {
    super(`${reference} has no file ${JSON.stringify(file)}`, { details: { reference, file } })
  }
}

/** A file that is read as a whole is over its limit. */
export class FileTooLargeError extends ShardlineError {
  override readonly name = 'FileTooLargeError'
  readonly code = 'MODEL_FILE_TOO_LARGE'

  constructor(file: string, sizeBytes: number, limitBytes: number) {
    super(`${file} has ${sizeBytes} bytes, over the limit of ${limitBytes}`, {
      details: { file, sizeBytes, limitBytes },
    })
  }
}

/** A file name leads out of its folder or can't be stored everywhere: absolute, with `..`, a backslash or a control character. */
export class FileNameRefusedError extends ShardlineError {
  override readonly name = 'FileNameRefusedError'
  readonly code = 'MODEL_FILE_NAME_REFUSED'

  constructor(file: string) {
    super(
      `the file name ${JSON.stringify(file.slice(0, 200))} is refused: it must be relative, with forward slashes and without "..", backslashes or control characters`,
    )
  }
}

/** What was written is no path that exists and no form of reference that is known. */
export class ReferenceUnknownError extends ShardlineError {
  override readonly name = 'ReferenceUnknownError'
  readonly code = 'MODEL_REFERENCE_UNKNOWN'

  constructor(reference: string, why: string) {
    super(
      `${JSON.stringify(reference)} names no model: ${why}. Write a folder, a .gguf file, an http(s) address of a file, or a hub id such as org/name, org/name@revision or org/name:file.gguf`,
      { details: { reference } },
    )
  }
}

/** Several models fit a reference. */
export class ReferenceAmbiguousError extends ShardlineError {
  override readonly name = 'ReferenceAmbiguousError'
  readonly code = 'MODEL_REFERENCE_AMBIGUOUS'
  /** File names to choose from. */
  readonly candidates: readonly string[]

  constructor(reference: string, candidates: readonly string[]) {
    super(
      `${reference} holds several models: ${candidates.join(', ')}. Choose one as ${reference}:${candidates[0] ?? 'file.gguf'}`,
      {
        details: { reference, candidates },
      },
    )
    this.candidates = candidates
  }
}

/** A server can't be reached, or kept dropping the connection, through all attempts. */
export class SourceUnreachableError extends ShardlineError {
  override readonly name = 'SourceUnreachableError'
  readonly code = 'MODEL_SOURCE_UNREACHABLE'
  override readonly retryable = true

  constructor(address: string, attempts: number, cause?: unknown) {
    super(`${address} could not be read in ${attempts} attempts: ${reasonOf(cause)}`, {
      details: { address, attempts },
      cause,
    })
  }
}

/** A server answered with a status that more attempts don't change. */
export class SourceRefusedError extends ShardlineError {
  override readonly name = 'SourceRefusedError'
  readonly code = 'MODEL_SOURCE_REFUSED'
  readonly status: number

  constructor(address: string, status: number) {
    super(`${address} answers ${status}: ${refusalAdvice(status)}`, { details: { address, status } })
    this.status = status
  }
}

/** A server's answer breaks the protocol: no size, a wrong range, a redirect that can't be followed, a listing that is none. */
export class SourceProtocolError extends ShardlineError {
  override readonly name = 'SourceProtocolError'
  readonly code = 'MODEL_SOURCE_PROTOCOL'

  constructor(address: string, why: string, cause?: unknown) {
    super(`${address} gives an answer that cannot be used: ${why}`, { details: { address }, cause })
  }
}

/** A file changed on the server while it was read: its entity tag or size is another one than before. */
export class SourceChangedError extends ShardlineError {
  override readonly name = 'SourceChangedError'
  readonly code = 'MODEL_SOURCE_CHANGED'
  override readonly retryable = true

  constructor(address: string, before: string, now: string) {
    super(`${address} changed while it was read: it was ${before} and is ${now}; open the model again`, {
      details: { address, before, now },
    })
  }
}

/** Something that is not in the cache was needed without network. */
export class SourceOfflineError extends ShardlineError {
  override readonly name = 'SourceOfflineError'
  readonly code = 'MODEL_SOURCE_OFFLINE'

  constructor(what: string) {
    super(
      `${what} is not in the cache, and offline mode allows no network; pull the model while there is network`,
      { details: { what } },
    )
  }
}

/** The content of a file is not what its checksum says; what was downloaded of it is deleted. */
export class ChecksumMismatchError extends ShardlineError {
  override readonly name = 'ChecksumMismatchError'
  readonly code = 'MODEL_CHECKSUM_MISMATCH'
  override readonly retryable = true

  constructor(file: string, expected: string, found: string) {
    super(
      `${file} has the checksum ${found} instead of ${expected}; the downloaded data is deleted, so that the next attempt starts afresh`,
      {
        details: { file, expected, found },
      },
    )
  }
}

/** The cache of downloaded files can't be written or read, for example because the disk is full. */
export class SourceCacheError extends ShardlineError {
  override readonly name = 'SourceCacheError'
  readonly code = 'MODEL_SOURCE_CACHE'

  constructor(path: string, what: string, cause?: unknown) {
    super(`${path}: ${what}${systemReason(cause)}`, { details: { path }, cause })
  }
}

// Checkpoints: file formats, families, packing.

/** A safetensors file breaks the rules of its format. */
export class SafetensorsInvalidError extends ShardlineError {
  override readonly name = 'SafetensorsInvalidError'
  readonly code = 'MODEL_SAFETENSORS_INVALID'

  constructor(source: string, why: string, cause?: unknown) {
    super(`${source} is no valid safetensors file: ${why}`, { details: { source }, cause })
  }
}

/** A GGUF file breaks the rules of its format. */
export class GgufInvalidError extends ShardlineError {
  override readonly name = 'GgufInvalidError'
  readonly code = 'MODEL_GGUF_INVALID'

  constructor(source: string, why: string) {
    super(`${source} is no valid GGUF file: ${why}`, { details: { source } })
  }
}

/** A GGUF file ends inside its header. */
export class GgufCutError extends ShardlineError {
  override readonly name = 'GgufCutError'
  readonly code = 'MODEL_GGUF_CUT'

  constructor(source: string, sizeBytes: number) {
    super(`${source} ends inside its header, after ${sizeBytes} bytes: it is cut off; fetch it again`, {
      details: { source, sizeBytes },
    })
  }
}

/** The description of a model (config.json, the metadata of a GGUF file, a tensor index) lacks a value or has one that can't be. */
export class ConfigInvalidError extends ShardlineError {
  override readonly name = 'ConfigInvalidError'
  readonly code = 'MODEL_CONFIG_INVALID'

  constructor(source: string, why: string, cause?: unknown) {
    super(`${source} does not describe a model: ${why}`, { details: { source }, cause })
  }
}

/** A text file is no JSON, or JSON that is nested too deep or names a key twice. */
export class JsonInvalidError extends ShardlineError {
  override readonly name = 'JsonInvalidError'
  readonly code = 'MODEL_JSON_INVALID'

  constructor(source: string, why: string, cause?: unknown) {
    super(`${source} is no usable JSON: ${why}`, { details: { source }, cause })
  }
}

/** A checkpoint is of a kind that Shardline can't run. */
export class ArchitectureUnsupportedError extends ShardlineError {
  override readonly name = 'ArchitectureUnsupportedError'
  readonly code = 'MODEL_ARCHITECTURE_UNSUPPORTED'

  constructor(given: string, supported: readonly string[]) {
    super(`the architecture ${quote(given)} is not supported; supported are: ${supported.join(', ')}`, {
      details: { given, supported },
    })
  }
}

/** A model needs something of its architecture that Shardline does not do, such as experts or partial rotation. */
export class FeatureUnsupportedError extends ShardlineError {
  override readonly name = 'FeatureUnsupportedError'
  readonly code = 'MODEL_FEATURE_UNSUPPORTED'

  constructor(source: string, why: string) {
    super(`${source} describes a model that is not supported: ${why}`, { details: { source } })
  }
}

/** A tensor that is needed has an element type that Shardline can't read. */
export class TensorTypeUnsupportedError extends ShardlineError {
  override readonly name = 'TensorTypeUnsupportedError'
  readonly code = 'MODEL_TENSOR_TYPE_UNSUPPORTED'

  constructor(tensor: string, given: string, supported: readonly string[]) {
    super(
      `the tensor ${quote(tensor)} is of type ${quote(given)}, which is not supported; supported are: ${supported.join(', ')}`,
      { details: { tensor, given, supported } },
    )
  }
}

/** A model stretches its rotary embedding in a way that Shardline does not know. */
export class RopeScalingUnsupportedError extends ShardlineError {
  override readonly name = 'RopeScalingUnsupportedError'
  readonly code = 'MODEL_ROPE_SCALING_UNSUPPORTED'

  constructor(given: string, supported: readonly string[]) {
    super(`the rope scaling ${quote(given)} is not supported; supported are: ${supported.join(', ')}`, {
      details: { given, supported },
    })
  }
}

/** A model's feed-forward part uses an activation that Shardline does not know. */
export class ActivationUnsupportedError extends ShardlineError {
  override readonly name = 'ActivationUnsupportedError'
  readonly code = 'MODEL_ACTIVATION_UNSUPPORTED'

  constructor(given: string, supported: readonly string[]) {
    super(`the activation ${quote(given)} is not supported; supported are: ${supported.join(', ')}`, {
      details: { given, supported },
    })
  }
}

/** A model attends to a window of its context only. */
export class SlidingWindowUnsupportedError extends ShardlineError {
  override readonly name = 'SlidingWindowUnsupportedError'
  readonly code = 'MODEL_SLIDING_WINDOW_UNSUPPORTED'

  constructor(windowTokens: number, contextLength: number) {
    super(
      `the model attends to a sliding window of ${windowTokens} tokens inside a context of ${contextLength}; only models that attend to their whole context are supported`,
      { details: { windowTokens, contextLength } },
    )
  }
}

/** A checkpoint lacks a tensor that its family has. */
export class TensorMissingError extends ShardlineError {
  override readonly name = 'TensorMissingError'
  readonly code = 'MODEL_TENSOR_MISSING'

  constructor(reference: string, tensor: string, expectedShape: readonly number[]) {
    super(
      `${reference} has no tensor ${quote(tensor)}; expected is one of shape ${showShape(expectedShape)}`,
      {
        details: { reference, tensor, expectedShape: showShape(expectedShape) },
      },
    )
  }
}

/** A tensor has another shape than the checkpoint's own description asks for. */
export class TensorShapeError extends ShardlineError {
  override readonly name = 'TensorShapeError'
  readonly code = 'MODEL_TENSOR_SHAPE'

  constructor(tensor: string, givenShape: readonly number[], expectedShape: readonly number[]) {
    super(
      `the tensor ${quote(tensor)} has the shape ${showShape(givenShape)}; expected is ${showShape(expectedShape)}`,
      { details: { tensor, givenShape: showShape(givenShape), expectedShape: showShape(expectedShape) } },
    )
  }
}

/** A tensor holds an infinite number or one that is none. */
export class TensorNotFiniteError extends ShardlineError {
  override readonly name = 'TensorNotFiniteError'
  readonly code = 'MODEL_TENSOR_NOT_FINITE'

  constructor(tensor: string) {
    super(`the tensor ${quote(tensor)} holds values that are infinite or no number; the file is damaged`, {
      details: { tensor },
    })
  }
}

/** Layers were asked for that the model does not have. */
export class LayersUnknownError extends ShardlineError {
  override readonly name = 'LayersUnknownError'
  readonly code = 'MODEL_LAYERS_UNKNOWN'

  constructor(given: string, layerCount: number) {
    super(
      `the layers ${given} are not in the model, which has ${layerCount} layers, 0 to ${layerCount - 1}`,
      {
        details: { given, layerCount },
      },
    )
  }
}

/** A packed file in the cache is not what was written there. */
export class PackedFileInvalidError extends ShardlineError {
  override readonly name = 'PackedFileInvalidError'
  readonly code = 'MODEL_PACKED_FILE_INVALID'

  constructor(path: string, why: string) {
    super(`the packed file ${path} is damaged: ${why}; delete it, and it is packed again`, {
      details: { path },
    })
  }
}

/** The cache folder can't be written or read. */
export class CacheFailedError extends ShardlineError {
  override readonly name = 'CacheFailedError'
  readonly code = 'MODEL_CACHE_FAILED'

  constructor(path: string, cause: unknown) {
    super(`cannot use the cache at ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      details: { path },
      cause,
    })
  }
}

/** A token id is not in the model's vocabulary. */
export class TokenIdOutOfRangeError extends ShardlineError {
  override readonly name = 'TokenIdOutOfRangeError'
  readonly code = 'MODEL_TOKEN_ID_OUT_OF_RANGE'

  constructor(given: number, vocabularySize: number) {
    super(`the token id ${given} is not in the vocabulary; allowed are 0 to ${vocabularySize - 1}`, {
      details: { given, vocabularySize },
    })
  }
}

/** A value from a file for a message: short, and without control characters. */
function quote(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value)
}

function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}

// Tokenizers, chat templates, generation settings.

/** A checkpoint has no tokenizer. */
export class TokenizerMissingError extends ShardlineError {
  override readonly name = 'TokenizerMissingError'
  readonly code = 'MODEL_TOKENIZER_MISSING'

  constructor(what: string, lacks: string) {
    super(
      `${what} has no tokenizer: it lacks ${lacks}. Give token ids instead of text, or a checkpoint that has one`,
      {
        details: { lacks },
      },
    )
  }
}

/** A tokenizer uses something that is not known here; nothing is guessed, because a wrong guess gives wrong text silently. */
export class TokenizerUnsupportedError extends ShardlineError {
  override readonly name = 'TokenizerUnsupportedError'
  readonly code = 'MODEL_TOKENIZER_UNSUPPORTED'

  constructor(what: string, given: string, known: readonly string[]) {
    const shown = given.slice(0, 200)
    super(`the ${what} ${JSON.stringify(shown)} is not supported; supported are ${known.join(', ')}`, {
      details: { what, given: shown, known },
    })
  }
}

/** A tokenizer's definition contradicts itself or its format. */
export class TokenizerInvalidError extends ShardlineError {
  override readonly name = 'TokenizerInvalidError'
  readonly code = 'MODEL_TOKENIZER_INVALID'

  constructor(where: string, why: string, cause?: unknown) {
    super(`${where} does not define a tokenizer: ${why}`, { details: { where }, cause })
  }
}

/** A text is over the limit for one call of a tokenizer. */
export class TextTooLongError extends ShardlineError {
  override readonly name = 'TextTooLongError'
  readonly code = 'MODEL_TEXT_TOO_LONG'

  constructor(characters: number, limitCharacters: number) {
    super(`the text has ${characters} characters, over the limit of ${limitCharacters}`, {
      details: { characters, limitCharacters },
    })
  }
}

/** A chat template is no valid Jinja, refuses these messages, or is over a limit. */
export class ChatTemplateError extends ShardlineError {
  override readonly name = 'ChatTemplateError'
  readonly code = 'MODEL_CHAT_TEMPLATE'

  constructor(why: string, cause?: unknown) {
    super(`the chat template failed: ${why}`, { cause })
  }
}

/** The innermost message: `fetch failed` says nothing, its cause does. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error ? reasonOf(cause.cause) : `${cause.message}${systemReason(cause)}`
}

function refusalAdvice(status: number): string {
  if (status === 401)
    return 'it wants a token; set HF_TOKEN to one that may read this model, or check the name'
  if (status === 403)
    return 'access is not granted; accept the conditions on the model page and set HF_TOKEN to a token of that account'
  if (status === 404 || status === 410) return 'there is no such model, revision or file; check the spelling'
  return 'the request is refused'
}

/** The operating system's own words, where it gave some. */
function systemReason(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
}
