import type { LayerRange, SessionId } from '@shardline/core'

/** Rows of one session inside a batch: `rows` consecutive tokens of which the first has position `position`. */
export interface BatchSegment {
  readonly session: SessionId
  /** Position of the segment's first row. Equals the session's length; less means: roll back to it first. */
  readonly position: number
  readonly rows: number
}

/** Rows of several sessions, prefill chunks and decode rows mixed. Each session occurs at most once. */
export interface RaggedBatch {
  readonly segments: readonly BatchSegment[]
  /** f32 `[sum of rows, hiddenSize]`, segments in order. */
  readonly hidden: Float32Array
}

/** Memory that a stage holds, in bytes. */
export interface StageMemory {
  readonly packedWeightBytes: number
  readonly kvCacheBytes: number
}

/** Runs a contiguous range of layers and keeps the KV cache of its sessions. One run at a time. */
export interface Stage extends AsyncDisposable {
  readonly layers: LayerRange
  readonly hiddenSize: number
  /** Whether results are promised to be byte-equal whatever the batch, the chunks and the threads. */
  readonly isExact: boolean
  readonly memory: StageMemory
  /**
   * Makes room for a session of at most `capacity` tokens; memory grows in steps as it is used.
   *
   * @throws SessionExistsError, KvCacheFullError, ContextTooLongError.
   */
  open(session: SessionId, options: { readonly capacity: number }): void
  /**
   * Pushes rows through the layers; resolves with f32 `[sum of rows, hiddenSize]`.
   * The result is the caller's own buffer. The event loop stays free meanwhile.
   *
   * @throws SessionUnknownError, PositionUnexpectedError, BatchInvalidError, KvCacheFullError; the caches are as before.
   */
  run(batch: RaggedBatch): Promise<Float32Array>
  /** Tokens in the session's cache. @throws SessionUnknownError. */
  length(session: SessionId): number
  /** Forgets all tokens from position `length` on. @throws SessionUnknownError, PositionUnexpectedError. */
  truncate(session: SessionId, length: number): void
  /** Frees a session's cache; unknown sessions are ignored. */
  close(session: SessionId): void
}
