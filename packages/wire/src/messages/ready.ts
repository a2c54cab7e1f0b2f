import type { RequestId, WireLayers } from './common.ts'

/** Answer to `plan`: the stage is loaded and linked to the next one. */
export interface ReadyMessage {
  readonly kind: 'ready'
  readonly request: RequestId
  readonly pipeline: string
  readonly epoch: number
  readonly layers: WireLayers | null
  readonly packedBytes: number
  readonly loadMs: number
  readonly numericClass: string
}
