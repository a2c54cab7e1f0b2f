import type { RequestId, WireLayers } from './common.ts'
import { layersSchema, requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, name, nullable, position, record, sessionCount, text } from './parts.ts'

/** Driver to stage: your part in a pipeline. Answered by `progress` messages, then `ready` or `error`. */
export interface PlanMessage {
  readonly kind: 'plan'
  readonly request: RequestId
  readonly pipeline: string
  readonly epoch: number
  /** Reference of the model, used by a node that has none of its own. */
  readonly model: string
  /** Digest that the node's checkpoint must have. */
  readonly modelDigest: string
  readonly precision: string
  /** Layers to serve, or null for the validator. */
  readonly layers: WireLayers | null
  /** Address of the stage that gets this one's output, or null for the validator. */
  readonly next: string | null
  /** Longest session in tokens. */
  readonly contextLength: number
  /** Sessions open at the same time at the most. */
  readonly sessionsMax: number
}

/** Schema of the header of {@link PlanMessage}. */
export const planHeader: HeaderSchema<PlanMessage> = headerSchema<PlanMessage>()(
  record({
    request: requestIdSchema,
    pipeline: id,
    epoch: counter,
    model: text,
    modelDigest: name,
    precision: name,
    layers: nullable(layersSchema),
    next: nullable(text),
    contextLength: position,
    sessionsMax: sessionCount,
  }),
)
