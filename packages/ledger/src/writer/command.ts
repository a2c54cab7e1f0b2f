import type { AccountInit, AccountOutcome } from '../account.ts'
import type { TransferInit, TransferOutcome } from '../transfer.ts'

/** One call that writes, while it waits for its transaction. */
export type Command =
  | { readonly type: 'accounts'; readonly items: readonly AccountInit[] }
  | { readonly type: 'transfers'; readonly items: readonly TransferInit[] }
  | { readonly type: 'sweep'; readonly items: readonly [] }

/** What a command gave. */
export interface CommandResult {
  readonly accounts: readonly AccountOutcome[]
  readonly transfers: readonly TransferOutcome[]
  /** Holds that the transaction released because their timeout ran out. */
  readonly expired: number
}
