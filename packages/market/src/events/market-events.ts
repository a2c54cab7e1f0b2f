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
  /**
   * Calls back for each event until the returned function is called. `onMissed` is called when events may have been
   * missed, because the database was away: whoever keeps a picture of its own then reads it anew.
   */
  subscribe(onEvent: (event: MarketEvent) => void, onMissed?: () => void): () => void
}
