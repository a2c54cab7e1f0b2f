import { NO_ID, isReservedId } from '../ids.ts'
import { isResolve } from '../transfer.ts'
import type { TransferInit, TransferStatus, TransientStatus } from '../transfer.ts'
import { applyMove } from './apply-move.ts'
import { applyResolve } from './apply-resolve.ts'
import type { ItemOutcome } from './run-chains.ts'
import type { WorkingSet } from './working-set.ts'

const TRANSIENT: Readonly<Record<TransientStatus, true>> = {
  debit_account_not_found: true,
  credit_account_not_found: true,
  pending_transfer_not_found: true,
  exceeds_credits: true,
  exceeds_debits: true,
}

/** Whether a status depends on the state of other things, so that it uses up the transfer's id. */
export function isTransient(status: string): status is TransientStatus {
  return Object.hasOwn(TRANSIENT, status)
}

/** Makes one transfer if the rules allow it. The first rule that is broken is the outcome. */
export function applyTransfer(set: WorkingSet, init: TransferInit): ItemOutcome<TransferStatus> {
  const broken = brokenIdRule(set, init)
  if (broken !== undefined) return { status: broken, timestampNs: undefined }
  return isResolve(init) ? applyResolve(set, init) : applyMove(set, init)
}

/** Uses up the id of a transfer that failed for a transient reason. */
export function recordFailure(
  set: WorkingSet,
  init: TransferInit,
  { status }: ItemOutcome<TransferStatus>,
): void {
  if (isTransient(status)) set.addFailure(init.id, status)
}

function brokenIdRule(set: WorkingSet, init: TransferInit): TransferStatus | undefined {
  if (init.id === NO_ID) return 'id_must_not_be_zero'
  if (isReservedId(init.id)) return 'id_reserved'
  if (set.failedIds.has(init.id)) return 'id_already_failed'
  return undefined
}
