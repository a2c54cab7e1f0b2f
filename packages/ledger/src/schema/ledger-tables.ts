import type { AccountsTable } from './accounts-table.ts'
import type { BalancesTable } from './balances-table.ts'
import type { CheckpointsTable } from './checkpoints-table.ts'
import type { FailuresTable } from './failures-table.ts'
import type { LogEntriesTable } from './log-entries-table.ts'
import type { LogNodesTable } from './log-nodes-table.ts'
import type { OpenHoldsTable } from './open-holds-table.ts'
import type { StateTable } from './state-table.ts'
import type { TransfersTable } from './transfers-table.ts'

/** All tables of the ledger, as kysely names them. */
export interface LedgerTables {
  readonly 'ledger.accounts': AccountsTable
  readonly 'ledger.balances': BalancesTable
  readonly 'ledger.transfers': TransfersTable
  readonly 'ledger.open_holds': OpenHoldsTable
  readonly 'ledger.failures': FailuresTable
  readonly 'ledger.log_entries': LogEntriesTable
  readonly 'ledger.log_nodes': LogNodesTable
  readonly 'ledger.checkpoints': CheckpointsTable
  readonly 'ledger.state': StateTable
}
