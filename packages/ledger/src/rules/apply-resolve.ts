import { assert } from '@shardline/core'
import { NO_ID, expiryId } from '../ids.ts'
import type { TransferId } from '../ids.ts'
import { millisecondsToNs } from '../ledger-clock.ts'
import type { HoldEnd, ResolveInit, TransferRecord, TransferStatus } from '../transfer.ts'
import { addTo } from './apply-move.ts'
import type { ItemOutcome } from './run-chains.ts'
import type { KnownTransfer, WorkingSet } from './working-set.ts'

/** Posts or voids a hold if the rules allow it. */
export function applyResolve(set: WorkingSet, init: ResolveInit): ItemOutcome<TransferStatus> {
  const hold = set.transfers.get(init.pendingId)
  const existing = set.transfers.get(init.id)?.record
  if (existing !== undefined) return compareResolves(init, existing, hold)
  const broken = brokenFieldRule(init)
  if (broken !== undefined) return refuse(broken)
  if (hold === undefined) return refuse('pending_transfer_not_found')
  const brokenHold = brokenHoldRule(set, init, hold)
  if (brokenHold !== undefined) return refuse(brokenHold)
  const record = resolveRecord(hold.record, {
    id: init.id,
    kind: init.kind,
    amount: init.amount ?? hold.record.amount,
    userData: init.userData ?? hold.record.userData,
    timestampNs: set.clock.tick(),
  })
  release(set, hold.record, record)
  return { status: 'created', timestampNs: record.timestampNs }
}

/** Releases a hold whose timeout ran out. */
export function applyExpiry(set: WorkingSet, pendingId: TransferId): void {
  const hold = set.transfers.get(pendingId)
  assert(hold !== undefined && hold.record.kind === 'pending', 'only a hold expires', { id: pendingId })
  const { amount, userData } = hold.record
  const timestampNs = set.clock.tick()
  release(
    set,
    hold.record,
    resolveRecord(hold.record, { id: expiryId(pendingId), kind: 'expire', amount, userData, timestampNs }),
  )
}

/** When a hold expires by the ledger's clock, or undefined if it never does. */
export function expiresAtNs(hold: TransferRecord): bigint | undefined {
  if (hold.kind !== 'pending' || hold.timeoutMs === 0) return undefined
  return hold.timestampNs + millisecondsToNs(hold.timeoutMs)
}

function refuse(status: TransferStatus): ItemOutcome<TransferStatus> {
  return { status, timestampNs: undefined }
}

function compareResolves(
  init: ResolveInit,
  existing: TransferRecord,
  hold: KnownTransfer | undefined,
): ItemOutcome<TransferStatus> {
  if (init.kind !== existing.kind) return refuse('exists_with_different_kind')
  if (init.pendingId !== existing.pendingId) return refuse('exists_with_different_pending_id')
  assert(hold !== undefined, 'a transfer that ended a hold has one', { id: existing.id })
  if ((init.amount ?? hold.record.amount) !== existing.amount) return refuse('exists_with_different_amount')
  if ((init.userData ?? hold.record.userData) !== existing.userData) {
    return refuse('exists_with_different_user_data')
  }
  return { status: 'exists', timestampNs: existing.timestampNs }
}

function brokenFieldRule(init: ResolveInit): TransferStatus | undefined {
  if (init.pendingId === NO_ID) return 'pending_id_must_not_be_zero'
  if (init.pendingId === init.id) return 'pending_id_must_be_different'
  if (init.kind === 'void' && init.amount !== undefined) return 'amount_reserved_for_post'
  return undefined
}

const ENDED: Readonly<Record<HoldEnd, TransferStatus>> = {
  post: 'pending_transfer_already_posted',
  void: 'pending_transfer_already_voided',
  expire: 'pending_transfer_expired',
}

function brokenHoldRule(
  set: WorkingSet,
  init: ResolveInit,
  { record, endedBy }: KnownTransfer,
): TransferStatus | undefined {
  if (record.kind !== 'pending') return 'pending_transfer_not_pending'
  if ((init.amount ?? record.amount) > record.amount) return 'exceeds_pending_transfer_amount'
  if (endedBy !== undefined) return ENDED[endedBy]
  const expiry = expiresAtNs(record)
  if (expiry !== undefined && expiry <= set.clock.lastNs) return 'pending_transfer_expired'
  return undefined
}

type Resolution = Pick<TransferRecord, 'id' | 'kind' | 'amount' | 'userData' | 'timestampNs'>

function resolveRecord(hold: TransferRecord, resolution: Resolution): TransferRecord {
  const { id, debitAccountId, creditAccountId, ledger, code } = hold
  return { debitAccountId, creditAccountId, ledger, code, ...resolution, pendingId: id, timeoutMs: 0 }
}

function release(set: WorkingSet, hold: TransferRecord, end: TransferRecord): void {
  const debit = set.accounts.get(hold.debitAccountId)
  const credit = set.accounts.get(hold.creditAccountId)
  assert(debit !== undefined && credit !== undefined, 'a hold is between accounts', { id: hold.id })
  const posted = end.kind === 'post' ? end.amount : 0n
  addTo(set, debit, { debitsPending: -hold.amount, debitsPosted: posted })
  addTo(set, credit, { creditsPending: -hold.amount, creditsPosted: posted })
  assert(
    debit.balances.debitsPending >= 0n && credit.balances.creditsPending >= 0n,
    'no more is released than was held',
    { id: hold.id },
  )
  set.addTransfer(end)
}
