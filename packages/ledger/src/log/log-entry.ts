import type { AccountRecord } from '../account.ts'
import type { TransferRecord, TransientStatus } from '../transfer.ts'

/** A transfer id that was used up by a failure. */
export interface FailureRecord {
  readonly id: string
  readonly status: TransientStatus
  readonly timestampNs: bigint
}

/** One entry of the log: everything that ever happened to the ledger is one of these. */
export type LogEntry =
  | { readonly type: 'account'; readonly record: AccountRecord }
  | { readonly type: 'transfer'; readonly record: TransferRecord }
  | { readonly type: 'failure'; readonly record: FailureRecord }
