import type { RequestId } from './common.ts'

/** How far a long request is. */
export interface ProgressMessage {
  readonly kind: 'progress'
  readonly request: RequestId
  /** What is being done now, for people. */
  readonly what: string
  readonly doneBytes: number
  readonly totalBytes: number
}
