import type { ErrorInit } from '@shardline/core'
import { ShardlineError } from '@shardline/core'

export * from './grammar/grammar-errors.ts'
export * from './sampler/sampler-errors.ts'

/** The ONNX Runtime library could not be found or loaded on this machine. */
export class RuntimeUnavailableError extends ShardlineError {
  override readonly name = 'RuntimeUnavailableError'
  readonly code = 'ENGINE_RUNTIME_UNAVAILABLE'

  constructor(reason: string, cause?: unknown) {
    super(`ONNX Runtime can't be used here: ${reason}`, { cause, details: { reason } })
  }
}

/** ONNX Runtime reported a failure of one of its own calls. */
export class RuntimeCallError extends ShardlineError {
  override readonly name = 'RuntimeCallError'
  readonly code = 'ENGINE_RUNTIME_CALL'

  constructor(call: string, message: string) {
    super(`ONNX Runtime failed in ${call}: ${message}`, { details: { call } })
  }
}

/** A native object was used after it was disposed. */
export class DisposedError extends ShardlineError {
  override readonly name = 'DisposedError'
  readonly code = 'ENGINE_DISPOSED'

  constructor(what: string) {
    super(`${what} was used after it was disposed`, { details: { what } })
  }
}

/** A tensor doesn't fit the graph's input or output that it was bound to. */
export class TensorMismatchError extends ShardlineError {
  override readonly name = 'TensorMismatchError'
  readonly code = 'ENGINE_TENSOR_MISMATCH'
}

/** A file could not be mapped into memory. */
export class FileMappingError extends ShardlineError {
  override readonly name = 'FileMappingError'
  readonly code = 'ENGINE_FILE_MAPPING'

  constructor(path: string, init: ErrorInit = {}) {
    super(`${path} can't be mapped into memory`, { ...init, details: { path } })
  }
}

/** The system gave no memory for a KV cache. */
export class MemoryUnavailableError extends ShardlineError {
  override readonly name = 'MemoryUnavailableError'
  readonly code = 'ENGINE_MEMORY_UNAVAILABLE'
  override readonly retryable = true

  constructor(bytes: number) {
    super(`the system has no ${bytes} bytes of memory left`, { details: { bytes } })
  }
}

/** A session was named that the stage doesn't hold. */
export class SessionUnknownError extends ShardlineError {
  override readonly name = 'SessionUnknownError'
  readonly code = 'ENGINE_SESSION_UNKNOWN'

  constructor(session: string) {
    super(`session ${session} is not open in this stage`, { details: { session } })
  }
}

/** A session was opened that is open already. */
export class SessionExistsError extends ShardlineError {
  override readonly name = 'SessionExistsError'
  readonly code = 'ENGINE_SESSION_EXISTS'

  constructor(session: string) {
    super(`session ${session} is open already in this stage`, { details: { session } })
  }
}

/** Rows came for a position beyond what the session's cache holds: something before them is missing. */
export class PositionUnexpectedError extends ShardlineError {
  override readonly name = 'PositionUnexpectedError'
  readonly code = 'ENGINE_POSITION_UNEXPECTED'

  constructor(given: { readonly session: string; readonly position: number; readonly length: number }) {
    super(
      `session ${given.session} holds ${given.length} tokens; position ${given.position} is not among 0 to ${given.length}`,
      { details: { ...given } },
    )
  }
}

/** A session would grow beyond the capacity that it was opened with. */
export class SessionFullError extends ShardlineError {
  override readonly name = 'SessionFullError'
  readonly code = 'ENGINE_SESSION_FULL'

  constructor(given: { readonly session: string; readonly length: number; readonly capacity: number }) {
    super(
      `session ${given.session} was opened for ${given.capacity} tokens and can't hold ${given.length}; open it with a larger capacity`,
      { details: { ...given } },
    )
  }
}

/** A session asks for a longer context than the model has. */
export class ContextTooLongError extends ShardlineError {
  override readonly name = 'ContextTooLongError'
  readonly code = 'ENGINE_CONTEXT_TOO_LONG'

  constructor(capacity: number, contextLength: number) {
    super(`a session of ${capacity} tokens was asked for; the model takes 1 to ${contextLength}`, {
      details: { capacity, contextLength },
    })
  }
}

/** The KV caches of all sessions would need more bytes than the stage may hold. */
export class KvCacheFullError extends ShardlineError {
  override readonly name = 'KvCacheFullError'
  readonly code = 'ENGINE_KV_CACHE_FULL'
  override readonly retryable = true

  constructor(neededBytes: number, bytesMax: number) {
    super(
      `the KV caches would need ${neededBytes} bytes, the limit is ${bytesMax}; close sessions or raise the KV cache limit`,
      { details: { neededBytes, bytesMax } },
    )
  }
}

/** A batch's parts don't fit together. */
export class BatchInvalidError extends ShardlineError {
  override readonly name = 'BatchInvalidError'
  readonly code = 'ENGINE_BATCH_INVALID'
}

/** A stage or head was asked to run layers whose weights the shard doesn't hold. */
export class ShardIncompleteError extends ShardlineError {
  override readonly name = 'ShardIncompleteError'
  readonly code = 'ENGINE_SHARD_INCOMPLETE'

  constructor(missing: string) {
    super(`the shard doesn't hold ${missing}`, { details: { missing } })
  }
}

/** An engine option is out of its bounds. */
export class EngineOptionError extends ShardlineError {
  override readonly name = 'EngineOptionError'
  readonly code = 'ENGINE_OPTION'
}
