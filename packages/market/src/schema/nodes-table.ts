import type { Generated } from 'kysely'

/** `market.nodes`: who has registered, and what is known of it by its work. */
export interface NodesTable {
  readonly node: string
  readonly roles: readonly string[]
  readonly address: string | null
  readonly region: string | null
  readonly registered_at_ms: bigint
  readonly seen_at_ms: Generated<bigint>
  readonly numeric_class: string | null
  readonly memory_bytes: bigint | null
  readonly decode_ms: number | null
  readonly price_floor: bigint | null
  readonly completed: Generated<bigint>
  readonly failed: Generated<bigint>
  readonly flagged: Generated<bigint>
  readonly compared: Generated<bigint>
  readonly preferred: Generated<bigint>
}
