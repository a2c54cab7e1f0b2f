import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

/** The price below which a node doesn't work. */
export const priceFloor: Migration = {
  up: async (database: Kysely<unknown>): Promise<void> => {
    await sql.raw(`alter table market.nodes add column price_floor bigint`).execute(database)
  },
}
