import type { AccountInit, AccountRecord, AccountStatus } from '../account.ts'
import { NO_ID, isReservedId } from '../ids.ts'
import type { ItemOutcome } from './run-chains.ts'
import type { WorkingSet } from './working-set.ts'

/** Creates one account if the rules allow it. The first rule that is broken, in the order of this file, is the outcome. */
export function applyAccount(set: WorkingSet, init: AccountInit): ItemOutcome<AccountStatus> {
  const wanted = { ...init, limit: init.limit ?? 'none', userData: init.userData ?? '' } as const
  const existing = set.accounts.get(init.id)?.record
  const status = brokenRule(wanted, existing)
  if (status === 'exists') return { status, timestampNs: existing?.timestampNs }
  if (status !== undefined) return { status, timestampNs: undefined }
  const { id, ledger, code, limit, userData } = wanted
  const timestampNs = set.clock.tick()
  set.addAccount({ id, ledger, code, limit, userData, timestampNs })
  return { status: 'created', timestampNs }
}

type Wanted = Omit<AccountRecord, 'timestampNs'>

function brokenRule(wanted: Wanted, existing: AccountRecord | undefined): AccountStatus | undefined {
  if (wanted.id === NO_ID) return 'id_must_not_be_zero'
  if (isReservedId(wanted.id)) return 'id_reserved'
  if (existing !== undefined) return compareAccounts(wanted, existing)
  if (wanted.ledger === 0) return 'ledger_must_not_be_zero'
  if (wanted.code === 0) return 'code_must_not_be_zero'
  return undefined
}

function compareAccounts(wanted: Wanted, existing: AccountRecord): AccountStatus {
  if (wanted.ledger !== existing.ledger) return 'exists_with_different_ledger'
  if (wanted.code !== existing.code) return 'exists_with_different_code'
  if (wanted.limit !== existing.limit) return 'exists_with_different_limit'
  if (wanted.userData !== existing.userData) return 'exists_with_different_user_data'
  return 'exists'
}
