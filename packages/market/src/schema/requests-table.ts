import type { Generated } from 'kysely'

/** `market.requests`: every request and where it stands. */
export interface RequestsTable {
  readonly id: string
  readonly state: string
  readonly model: string
  readonly payer: string
  readonly driver: string
  readonly locked_price: string
  readonly hold: bigint
  readonly is_held: Generated<boolean>
  readonly prompt_tokens_max: number
  readonly output_tokens_max: number
  readonly priority: number
  readonly filters: unknown
  readonly prompt_commitment: string | null
  readonly fence: Generated<number>
  readonly attempts: Generated<number>
  readonly delivered_prompt: Generated<number>
  readonly delivered_output: Generated<number>
  readonly acknowledged_prompt: Generated<number>
  readonly acknowledged_output: Generated<number>
  readonly participants: unknown
  readonly receipts: unknown
  readonly end_reason: string | null
  readonly created_at_ms: bigint
  readonly submitted_at_ms: bigint | null
  readonly claimed_at_ms: bigint | null
  readonly claim_key: string | null
  readonly lease_until_ms: bigint | null
  readonly delivered_at_ms: bigint | null
  readonly deadline_ms: bigint
  readonly ended_at_ms: bigint | null
  readonly lock_seq: bigint
  readonly lock_supply_mtps: bigint
  readonly lock_driver_mtps: bigint
  readonly demand_from_seq: bigint | null
  readonly demand_to_seq: bigint | null
  readonly settlement: Generated<string>
  readonly settlement_plan: unknown
}
