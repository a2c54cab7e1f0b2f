import type { PeerRole, RequestId, WireLayers } from './common.ts'

/** What a node is, holds and can do. */
export interface DescriptionMessage {
  readonly kind: 'description'
  readonly request: RequestId
  readonly node: string
  readonly role: PeerRole
  readonly software: string
  /** The model that this node was started with, or null if it takes what a plan says. */
  readonly model: {
    readonly reference: string
    readonly digest: string
    readonly layerCount: number
    readonly hiddenSize: number
  } | null
  /** Layers that this node was told to serve, or null if it takes what a plan says. */
  readonly layers: WireLayers | null
  readonly precision: string
  readonly numericClass: string
  readonly threads: number
  /** Memory in bytes: what a plan may use of the machine, and what the process holds now. */
  readonly memory: { readonly freeBytes: number; readonly residentBytes: number }
  /** Measured speed of one billion multiply-adds of a quantized projection, in milliseconds; smaller is faster. */
  readonly speed: { readonly decodeMs: number; readonly prefillMs: number }
  /** Pipelines that it serves now. */
  readonly pipelines: number
}
