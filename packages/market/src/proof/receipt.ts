import type { PartyId } from '@shardline/identity'
import type { ModelId, RequestId } from '../ids.ts'
import type { Role } from '../node/listing.ts'

/** What a stage signs when its part of a request is done. All that sets a reward is in here, so all of it is signed. */
export interface StageReceiptBody {
  readonly request: RequestId
  /** The claim under which the work was done. */
  readonly fence: number
  readonly role: Role
  /** Who did the work, and who must have signed. */
  readonly node: PartyId
  /** A worker's layers, both ends included; null for driver and validator. */
  readonly layers: { readonly first: number; readonly last: number } | null
  readonly model: ModelId
  readonly numericClass: string
  readonly promptTokens: number
  readonly outputTokens: number
  /** 32 bytes in lower-case hex: Merkle root over the leaves of the windows that the stage signed. */
  readonly root: string
}
