import { silentLog } from '@shardline/core'
import type { Clock, Random } from '@shardline/core'
import { databaseOf } from '@shardline/ledger'
import type { LedgerDatabase, LedgerPool } from '@shardline/ledger'
import { FaultyPool } from '@shardline/ledger/testing'
import { openMarket } from '@shardline/market'
import type { Market, MarketSettings } from '@shardline/market'
import type { Break } from './operations.ts'

/** Two markets on one database, whose connections break when they are told to. */
export class Replicas implements AsyncDisposable {
  readonly #pools: readonly FaultyPool[]
  readonly #databases: readonly LedgerDatabase[]
  readonly #components: { readonly clock: Clock; readonly random: Random }
  readonly #settings: Partial<MarketSettings>
  readonly #markets: Market[] = []

  constructor(
    pools: readonly LedgerPool[],
    components: { readonly clock: Clock; readonly random: Random },
    settings: Partial<MarketSettings>,
  ) {
    this.#pools = pools.map((pool) => new FaultyPool(pool))
    this.#databases = this.#pools.map((pool) => databaseOf(pool))
    this.#components = components
    this.#settings = settings
  }

  async open(): Promise<void> {
    for (const database of this.#databases) {
      this.#markets.push(await openMarket({ ...this.#components, database, log: silentLog }, this.#settings))
    }
  }

  database(replica: number): LedgerDatabase {
    const database = this.#databases[replica]
    if (database === undefined) throw new Error(`there is no replica ${replica}`)
    return database
  }

  market(replica: number): Market {
    const market = this.#markets[replica]
    if (market === undefined) throw new Error(`there is no replica ${replica}`)
    return market
  }

  /** The market is dropped and another one opened, as when its process dies. */
  async reopen(replica: number): Promise<void> {
    await this.market(replica).close()
    const database = this.database(replica)
    this.#markets[replica] = await openMarket(
      { ...this.#components, database, log: silentLog },
      this.#settings,
    )
  }

  break(replica: number, fault: Break): void {
    this.#pools[replica]?.arm(fault)
  }

  /** Takes a fault back; tells whether it struck. */
  mend(replica: number): boolean {
    const pool = this.#pools[replica]
    const hasStruck = pool?.struck !== 'no'
    pool?.arm(undefined)
    return hasStruck
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const market of this.#markets) await market.close()
  }
}
