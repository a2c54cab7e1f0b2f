import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

/** When a node last said that it is there, and what workers and validators say that they can do. */
export const nodeWork: Migration = {
  up: async (database: Kysely<unknown>): Promise<void> => {
    await sql
      .raw(
        `alter table market.nodes
          add column seen_at_ms bigint not null default 0,
          add column numeric_class text,
          add column memory_bytes bigint,
          add column decode_ms double precision`,
      )
      .execute(database)
  },
}
