/** `market.models`: a model, its price and its demand now. Who moves a price locks its row first, so events of one model have one order. */
export interface ModelsTable {
  readonly model: string
  readonly layer_count: number
  readonly base_price: bigint
  readonly current_price: string
  readonly price_seq: bigint
  readonly demand_tokens: bigint
}
