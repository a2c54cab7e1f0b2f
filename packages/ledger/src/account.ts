import type { AccountId } from './ids.ts'

/** Which of an account's two sides must not outgrow the other. Pending debits or credits count as if they were posted. */
export type AccountLimit = 'none' | 'debits_must_not_exceed_credits' | 'credits_must_not_exceed_debits'

/** What a caller gives to create an account. */
export interface AccountInit {
  readonly id: AccountId
  /** Number of the ledger; only accounts of one ledger can transfer to each other. From 1. */
  readonly ledger: number
  /** What kind of account it is, for the caller's own use. From 1. */
  readonly code: number
  /** @default 'none' */
  readonly limit?: AccountLimit
  /** The caller's own reference, such as a public key's hash; nothing private belongs here. @default '' */
  readonly userData?: string
  /** Whether this account and the next are created both or not at all. @default false */
  readonly isLinked?: boolean
}

/** Sums of an account's transfers, in microcredits. They only grow by transfers, and pending ones shrink as these resolve. */
export interface Balances {
  readonly debitsPending: bigint
  readonly debitsPosted: bigint
  readonly creditsPending: bigint
  readonly creditsPosted: bigint
}

/** What never changes of an account. */
export interface AccountRecord {
  readonly id: AccountId
  readonly ledger: number
  readonly code: number
  readonly limit: AccountLimit
  readonly userData: string
  /** When it was created, by the ledger's clock. */
  readonly timestampNs: bigint
}

/** An account as the ledger holds it. */
export interface Account extends AccountRecord, Balances {
  /** Place of its creation in the log. */
  readonly logIndex: bigint
}

/** What became of one account of a call. */
export type AccountStatus =
  | 'created'
  | 'exists'
  | 'exists_with_different_ledger'
  | 'exists_with_different_code'
  | 'exists_with_different_limit'
  | 'exists_with_different_user_data'
  | 'linked_event_failed'
  | 'linked_event_chain_open'
  | 'id_must_not_be_zero'
  | 'id_reserved'
  | 'ledger_must_not_be_zero'
  | 'code_must_not_be_zero'

/** Outcome of one account of a call. */
export interface AccountOutcome {
  readonly status: AccountStatus
  /** When the account was created: for `created` and `exists`. */
  readonly timestampNs: bigint | undefined
}
