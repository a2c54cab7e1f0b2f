/** `market.capacities`: what a driver can do for one model, until it expires. */
export interface CapacitiesTable {
  readonly model: string
  readonly driver: string
  readonly reported_mtps: bigint
  readonly shown_mtps: bigint | null
  readonly effective_mtps: bigint
  readonly numeric_class: string
  readonly quantization: string
  readonly workers: readonly string[]
  readonly since_ms: bigint
  readonly expires_at_ms: bigint
}
