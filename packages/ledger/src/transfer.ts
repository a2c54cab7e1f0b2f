import type { AccountId, TransferId } from './ids.ts'

/**
 * What a transfer does.
 *
 * | kind    | effect                                                          | after it                    |
 * | ------- | --------------------------------------------------------------- | --------------------------- |
 * | single  | posts an amount from the debit to the credit account            | final                       |
 * | pending | holds an amount on both accounts                                | one post, void or expire    |
 * | post    | posts a hold, or a part of it, and releases the rest            | final                       |
 * | void    | releases a hold                                                 | final                       |
 * | expire  | releases a hold whose timeout ran out; only the ledger makes it | final                       |
 */
export type TransferKind = 'single' | 'pending' | 'post' | 'void' | 'expire'

interface TransferInitBase {
  readonly id: TransferId
  /** The caller's own reference, such as a request's id; nothing private belongs here. @default '' or the hold's */
  readonly userData?: string
  /** Whether this transfer and the next take place both or not at all. @default false */
  readonly isLinked?: boolean
}

/** A transfer between two accounts of one ledger, at once or as a hold. */
export interface MoveInit extends TransferInitBase {
  /** @default 'single' */
  readonly kind?: 'single' | 'pending'
  readonly debitAccountId: AccountId
  readonly creditAccountId: AccountId
  /** Microcredits, from 1. */
  readonly amount: bigint
  /** Number of the ledger of both accounts. */
  readonly ledger: number
  /** Why the transfer is made, for the caller's own use. From 1. */
  readonly code: number
  /** For holds: milliseconds by the ledger's clock until it is released by itself. @default 0, never */
  readonly timeoutMs?: number
}

/** Ends a hold: `post` moves its amount or a part of it, `void` moves nothing. Accounts, ledger and code are the hold's. */
export interface ResolveInit extends TransferInitBase {
  readonly kind: 'post' | 'void'
  readonly pendingId: TransferId
  /** For posts: microcredits, from 0 to the hold's amount; the rest is released. @default the hold's amount */
  readonly amount?: bigint
}

/** What a caller gives to make a transfer. */
export type TransferInit = MoveInit | ResolveInit

/** Whether a transfer ends a hold. */
export function isResolve(init: TransferInit): init is ResolveInit {
  return init.kind === 'post' || init.kind === 'void'
}

/** A transfer as the log holds it. Nothing of it ever changes. */
export interface TransferRecord {
  readonly id: TransferId
  readonly kind: TransferKind
  readonly debitAccountId: AccountId
  readonly creditAccountId: AccountId
  /** Microcredits: moved by single and post, held by pending, released by void and expire. */
  readonly amount: bigint
  readonly ledger: number
  readonly code: number
  /** The hold that a post, void or expire ends. */
  readonly pendingId: TransferId | undefined
  /** Milliseconds until a hold expires; 0 means never. */
  readonly timeoutMs: number
  readonly userData: string
  /** When it took place, by the ledger's clock. */
  readonly timestampNs: bigint
}

/** How a hold ended. */
export type HoldEnd = 'post' | 'void' | 'expire'

/** A transfer, where it stands in the log, and for holds what became of it. */
export interface Transfer extends TransferRecord {
  readonly logIndex: bigint
  /** For holds: how it ended, or undefined while it holds. Undefined for all other kinds. */
  readonly endedBy: HoldEnd | undefined
}

/**
 * Reasons that depend on the state of other things, so the same transfer might pass later. The id is then used up all
 * the same (`id_already_failed`): a late duplicate of a request that was answered "no" must not suddenly succeed.
 */
export type TransientStatus =
  | 'debit_account_not_found'
  | 'credit_account_not_found'
  | 'pending_transfer_not_found'
  | 'exceeds_credits'
  | 'exceeds_debits'

/** What became of one transfer of a call. */
export type TransferStatus =
  | TransientStatus
  | 'created'
  | 'exists'
  | 'exists_with_different_kind'
  | 'exists_with_different_pending_id'
  | 'exists_with_different_timeout'
  | 'exists_with_different_debit_account_id'
  | 'exists_with_different_credit_account_id'
  | 'exists_with_different_amount'
  | 'exists_with_different_user_data'
  | 'exists_with_different_ledger'
  | 'exists_with_different_code'
  | 'id_already_failed'
  | 'linked_event_failed'
  | 'linked_event_chain_open'
  | 'id_must_not_be_zero'
  | 'id_reserved'
  | 'debit_account_id_must_not_be_zero'
  | 'credit_account_id_must_not_be_zero'
  | 'accounts_must_be_different'
  | 'amount_must_not_be_zero'
  | 'ledger_must_not_be_zero'
  | 'code_must_not_be_zero'
  | 'timeout_reserved_for_pending'
  | 'transfer_must_have_the_same_ledger_as_accounts'
  | 'accounts_must_have_the_same_ledger'
  | 'pending_id_must_not_be_zero'
  | 'pending_id_must_be_different'
  | 'amount_reserved_for_post'
  | 'pending_transfer_not_pending'
  | 'pending_transfer_already_posted'
  | 'pending_transfer_already_voided'
  | 'pending_transfer_expired'
  | 'exceeds_pending_transfer_amount'
  | 'overflows_debits'
  | 'overflows_credits'

/** Outcome of one transfer of a call. */
export interface TransferOutcome {
  readonly status: TransferStatus
  /** When the transfer took place: for `created` and `exists`. */
  readonly timestampNs: bigint | undefined
}
