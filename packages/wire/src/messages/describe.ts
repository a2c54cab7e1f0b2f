import type { RequestId } from './common.ts'

/** Asks a node what it is and what it can do. */
export interface DescribeMessage {
  readonly kind: 'describe'
  readonly request: RequestId
}
