import type { RequestId } from './common.ts'

/** Answer to `session-open`. */
export interface SessionOpenedMessage {
  readonly kind: 'session-opened'
  readonly request: RequestId
  readonly session: string
}
