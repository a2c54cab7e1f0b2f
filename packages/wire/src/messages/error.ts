import type { RequestId } from './common.ts'

/** A failure that the peer has to know. */
export interface ErrorMessage {
  readonly kind: 'error'
  /** Stable error code of the sender, see docs/reference/errors.md. */
  readonly code: string
  readonly message: string
  /** The request that failed, if it was one. */
  readonly request: RequestId | null
  readonly pipeline: string | null
  /** Sessions that ended by it; empty if none did, or if the whole pipeline did (`isFatal`). */
  readonly sessions: readonly string[]
  /** Whether the pipeline can't go on. */
  readonly isFatal: boolean
}
