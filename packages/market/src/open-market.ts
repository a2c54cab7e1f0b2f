import { CleanupStack } from '@shardline/core'
import type { Clock, Log, Random } from '@shardline/core'
import { openLedger } from '@shardline/ledger'
import type { Ledger, LedgerDatabase, Signer } from '@shardline/ledger'
import { ACCOUNT_CODES, CREDITS_LEDGER } from './account/credits.ts'
import { SettlementRefusedError } from './errors.ts'
import { DatabaseEvents } from './events/database-events.ts'
import { MARKET_ACCOUNTS } from './ids.ts'
import type { Market } from './market.ts'
import { migrateMarket } from './migrations/migrate-market.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { MarketSettings } from './settings.ts'
import { SqlMarket } from './sql-market.ts'

/** What a market works with. They stay the caller's: closing the market doesn't close them. */
export interface MarketComponents {
  readonly database: LedgerDatabase
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Signs the ledger's checkpoints; without one there are none. */
  readonly signer?: Signer
}

/**
 * Opens the market in a database, with its ledger, and makes or updates the tables of both.
 *
 * @throws DatabaseUnavailableError, MigrationFailedError
 */
export async function openMarket(
  components: MarketComponents,
  settings: Partial<MarketSettings> = {},
): Promise<Market> {
  const { signer, ...rest } = components
  await using building = new CleanupStack()
  const ledger = await openLedger({
    database: rest.database,
    clock: rest.clock,
    ...(signer === undefined ? {} : { signer }),
  })
  building.add(() => ledger.close())
  await migrateMarket(rest.database)
  await makeMarketAccounts(ledger)
  const events = new DatabaseEvents(rest)
  await events.start()
  building.release()
  return new SqlMarket({ ...rest, ledger, settings: { ...DEFAULT_SETTINGS, ...settings } }, events)
}

async function makeMarketAccounts(ledger: Ledger): Promise<void> {
  const outcomes = await ledger.createAccounts(
    (['mint', 'escrow', 'fee'] as const).map((name) => ({
      id: MARKET_ACCOUNTS[name],
      ledger: CREDITS_LEDGER,
      code: ACCOUNT_CODES[name],
      limit: name === 'mint' ? 'none' : 'debits_must_not_exceed_credits',
      userData: name,
    })),
  )
  const statuses = outcomes.map(({ status }) => status)
  if (statuses.every((status) => status === 'created' || status === 'exists')) return
  throw new SettlementRefusedError('the accounts of the market', statuses)
}
