import type { Transaction } from 'kysely'
import { applyAccount } from '../rules/apply-account.ts'
import { applyExpiry } from '../rules/apply-resolve.ts'
import { applyTransfer, recordFailure } from '../rules/apply-transfer.ts'
import { runChains } from '../rules/run-chains.ts'
import type { WorkingSet } from '../rules/working-set.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import type { Command, CommandResult } from './command.ts'
import { loadWorkingSet } from './load-working-set.ts'
import { storeChanges } from './store-changes.ts'

/** What {@link writeBatch} needs. */
export interface WriteBatchInit {
  readonly commands: readonly Command[]
  readonly nowMs: number
  readonly expiredMax: number
}

/**
 * Carries out the commands of several callers in one transaction: load, decide in memory, store. Holds whose timeout
 * ran out are released first, so that limits never count them.
 */
export async function writeBatch(
  transaction: Transaction<LedgerTables>,
  init: WriteBatchInit,
): Promise<readonly CommandResult[]> {
  const { set, range, expired } = await loadWorkingSet({ transaction, ...init })
  set.begin()
  for (const pendingId of expired) applyExpiry(set, pendingId)
  const results = init.commands.map((command) => carryOut(set, command, expired.length))
  await storeChanges(transaction, set, range)
  return results
}

function carryOut(set: WorkingSet, command: Command, expired: number): CommandResult {
  const accounts = command.type === 'accounts' ? runChains(set, command.items, { apply: applyAccount }) : []
  const transfers =
    command.type === 'transfers'
      ? runChains(set, command.items, { apply: applyTransfer, onFailed: recordFailure })
      : []
  return { accounts, transfers, expired }
}
