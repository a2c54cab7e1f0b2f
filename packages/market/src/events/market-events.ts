import type { PartyId } from '@shardline/identity'
import type { ModelId, RequestId } from '../ids.ts'
import type { RequestState } from '../request/request-state.ts'

/** Something that happened on the market, in this replica or another one. Ids, states and numbers only. */
export type MarketEvent =
  | {
      readonly type: 'request'
      readonly request: RequestId
      readonly state: RequestState
      readonly user: PartyId
      readonly driver: PartyId
      readonly fence: number
      readonly isSettled: boolean
    }
  | { readonly type: 'price'; readonly model: ModelId; readonly seq: bigint; readonly price: string }

/** Events as they come. */
export interface MarketEvents {
  /** Calls back for each event until the returned function is called. An event may be missed: ask again after a reconnect. */
  subscribe(onEvent: (event: MarketEvent) => void): () => void
}
