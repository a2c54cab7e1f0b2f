import type { RequestId, WireLayers } from './common.ts'
import { layersSchema, requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, duration, id, name, nullable, record } from './parts.ts'

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

/** Schema of the header of {@link ReadyMessage}. */
export const readyHeader: HeaderSchema<ReadyMessage> = headerSchema<ReadyMessage>()(
  record({
    request: requestIdSchema,
    pipeline: id,
    epoch: counter,
    layers: nullable(layersSchema),
    packedBytes: counter,
    loadMs: duration,
    numericClass: name,
  }),
)
