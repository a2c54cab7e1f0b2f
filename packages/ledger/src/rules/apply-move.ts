import type { Balances } from '../account.ts'
import { NO_ID } from '../ids.ts'
import { AMOUNT_MAX } from '../limits.ts'
import type { MoveInit, TransferRecord, TransferStatus } from '../transfer.ts'
import type { ItemOutcome } from './run-chains.ts'
import type { WorkingAccount, WorkingSet } from './working-set.ts'

/** Makes a single transfer or a hold if the rules allow it. */
export function applyMove(set: WorkingSet, init: MoveInit): ItemOutcome<TransferStatus> {
  const wanted: WantedMove = {
    id: init.id,
    kind: init.kind ?? 'single',
    debitAccountId: init.debitAccountId,
    creditAccountId: init.creditAccountId,
    amount: init.amount,
    ledger: init.ledger,
    code: init.code,
    pendingId: undefined,
    timeoutMs: init.timeoutMs ?? 0,
    userData: init.userData ?? '',
  }
  const existing = set.transfers.get(init.id)?.record
  if (existing !== undefined) return compareMoves(wanted, existing)
  const broken = brokenFieldRule(wanted)
  if (broken !== undefined) return refuse(broken)
  const debit = set.accounts.get(init.debitAccountId)
  if (debit === undefined) return refuse('debit_account_not_found')
  const credit = set.accounts.get(init.creditAccountId)
  if (credit === undefined) return refuse('credit_account_not_found')
  const brokenBalance =
    brokenLedgerRule(wanted, debit, credit) ?? brokenLimitRule(wanted.amount, debit, credit)
  if (brokenBalance !== undefined) return refuse(brokenBalance)
  const record = { ...wanted, timestampNs: set.clock.tick() }
  move(set, record, { debit, credit })
  return { status: 'created', timestampNs: record.timestampNs }
}

type WantedMove = Omit<TransferRecord, 'timestampNs'>

function refuse(status: TransferStatus): ItemOutcome<TransferStatus> {
  return { status, timestampNs: undefined }
}

function compareMoves(wanted: WantedMove, existing: TransferRecord): ItemOutcome<TransferStatus> {
  if (wanted.kind !== existing.kind) return refuse('exists_with_different_kind')
  if (wanted.timeoutMs !== existing.timeoutMs) return refuse('exists_with_different_timeout')
  if (wanted.debitAccountId !== existing.debitAccountId)
    return refuse('exists_with_different_debit_account_id')
  if (wanted.creditAccountId !== existing.creditAccountId) {
    return refuse('exists_with_different_credit_account_id')
  }
  if (wanted.amount !== existing.amount) return refuse('exists_with_different_amount')
  if (wanted.userData !== existing.userData) return refuse('exists_with_different_user_data')
  if (wanted.ledger !== existing.ledger) return refuse('exists_with_different_ledger')
  if (wanted.code !== existing.code) return refuse('exists_with_different_code')
  return { status: 'exists', timestampNs: existing.timestampNs }
}

function brokenFieldRule(wanted: WantedMove): TransferStatus | undefined {
  if (wanted.debitAccountId === NO_ID) return 'debit_account_id_must_not_be_zero'
  if (wanted.creditAccountId === NO_ID) return 'credit_account_id_must_not_be_zero'
  if ((wanted.debitAccountId as string) === wanted.creditAccountId) return 'accounts_must_be_different'
  if (wanted.amount === 0n) return 'amount_must_not_be_zero'
  if (wanted.ledger === 0) return 'ledger_must_not_be_zero'
  if (wanted.code === 0) return 'code_must_not_be_zero'
  if (wanted.timeoutMs !== 0 && wanted.kind !== 'pending') return 'timeout_reserved_for_pending'
  return undefined
}

function brokenLedgerRule(
  wanted: WantedMove,
  debit: WorkingAccount,
  credit: WorkingAccount,
): TransferStatus | undefined {
  if (debit.record.ledger !== credit.record.ledger) return 'accounts_must_have_the_same_ledger'
  if (wanted.ledger !== debit.record.ledger) return 'transfer_must_have_the_same_ledger_as_accounts'
  return undefined
}

/** Pending amounts count as if they were posted: so a hold that was granted can always be posted. */
function brokenLimitRule(
  amount: bigint,
  debit: WorkingAccount,
  credit: WorkingAccount,
): TransferStatus | undefined {
  const debits = debit.balances.debitsPending + debit.balances.debitsPosted + amount
  const credits = credit.balances.creditsPending + credit.balances.creditsPosted + amount
  if (debits > AMOUNT_MAX) return 'overflows_debits'
  if (credits > AMOUNT_MAX) return 'overflows_credits'
  const { limit: debitLimit } = debit.record
  if (debitLimit === 'debits_must_not_exceed_credits' && debits > debit.balances.creditsPosted) {
    return 'exceeds_credits'
  }
  const { limit: creditLimit } = credit.record
  if (creditLimit === 'credits_must_not_exceed_debits' && credits > credit.balances.debitsPosted) {
    return 'exceeds_debits'
  }
  return undefined
}

interface Sides {
  readonly debit: WorkingAccount
  readonly credit: WorkingAccount
}

function move(set: WorkingSet, record: TransferRecord, { debit, credit }: Sides): void {
  const field = record.kind === 'pending' ? 'Pending' : 'Posted'
  addTo(set, debit, { [`debits${field}`]: record.amount })
  addTo(set, credit, { [`credits${field}`]: record.amount })
  set.addTransfer(record)
}

/** Adds to some of an account's balances. */
export function addTo(set: WorkingSet, account: WorkingAccount, change: Partial<Balances>): void {
  const { balances } = account
  set.setBalances(account, {
    debitsPending: balances.debitsPending + (change.debitsPending ?? 0n),
    debitsPosted: balances.debitsPosted + (change.debitsPosted ?? 0n),
    creditsPending: balances.creditsPending + (change.creditsPending ?? 0n),
    creditsPosted: balances.creditsPosted + (change.creditsPosted ?? 0n),
  })
}
