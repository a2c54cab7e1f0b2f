import { LAYERS_MAX } from '@shardline/core'
import { DESCRIPTION_SHARES_MAX, HIDDEN_SIZE_MAX } from '../limits.ts'
import type { PeerRole, RequestId, WireLayers } from './common.ts'
import { layersSchema, requestIdSchema, roleSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, duration, id, list, name, nullable, record, sessionCount, text, whole } from './parts.ts'

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
  /**
   * Measured speed in milliseconds; smaller is faster. One billion multiply-adds of a quantized projection, of one row and of
   * many; one row through the small operators of a layer; what a run takes on top.
   */
  readonly speed: {
    readonly decodeMs: number
    readonly prefillMs: number
    readonly layerMs: number
    readonly runMs: number
  }
  /** Pipelines that it serves now. */
  readonly pipelines: number
  /** Digests of the models whose files it gives to other nodes. */
  readonly shares: readonly string[]
}

/** Schema of the header of {@link DescriptionMessage}. */
export const descriptionHeader: HeaderSchema<DescriptionMessage> = headerSchema<DescriptionMessage>()(
  record({
    request: requestIdSchema,
    node: id,
    role: roleSchema,
    software: name,
    model: nullable(
      record({
        reference: text,
        digest: name,
        layerCount: whole(0, LAYERS_MAX),
        hiddenSize: whole(1, HIDDEN_SIZE_MAX),
      }),
    ),
    layers: nullable(layersSchema),
    precision: name,
    numericClass: name,
    threads: whole(0, 65_536),
    memory: record({ freeBytes: counter, residentBytes: counter }),
    speed: record({ decodeMs: duration, prefillMs: duration, layerMs: duration, runMs: duration }),
    pipelines: sessionCount,
    shares: list(name, DESCRIPTION_SHARES_MAX),
  }),
)
