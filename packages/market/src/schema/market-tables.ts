import type { CapacitiesTable } from './capacities-table.ts'
import type { ComparisonsTable } from './comparisons-table.ts'
import type { DriverKeyLogTable, DriverKeysTable } from './driver-keys-table.ts'
import type { FlagsTable } from './flags-table.ts'
import type { ModelsTable } from './models-table.ts'
import type { NodesTable } from './nodes-table.ts'
import type { NoncesTable } from './nonces-table.ts'
import type { PricePointsTable } from './price-points-table.ts'
import type { RequestsTable } from './requests-table.ts'
import type { SealedPromptsTable } from './sealed-prompts-table.ts'

/** All tables of the market, as kysely names them. */
export type MarketTables = {
  readonly 'market.capacities': CapacitiesTable
  readonly 'market.comparisons': ComparisonsTable
  readonly 'market.driver_key_log': DriverKeyLogTable
  readonly 'market.driver_keys': DriverKeysTable
  readonly 'market.flags': FlagsTable
  readonly 'market.models': ModelsTable
  readonly 'market.nodes': NodesTable
  readonly 'market.nonces': NoncesTable
  readonly 'market.price_points': PricePointsTable
  readonly 'market.requests': RequestsTable
  readonly 'market.sealed_prompts': SealedPromptsTable
}
