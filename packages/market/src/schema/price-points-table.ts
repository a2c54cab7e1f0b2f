/** `market.price_points`: the price after each event. Insert only. */
export interface PricePointsTable {
  readonly model: string
  readonly seq: bigint
  readonly at_ms: bigint
  readonly cause: string
  readonly price: string
  readonly supply_mtps: bigint
  readonly demand_tokens: bigint
}
