import type { RequestId, WireLayers } from './common.ts'
import { layersSchema, requestIdSchema } from './common.ts'
import { FILE_NAME_CHARS_MAX, WEIGHTS_FILES_MAX, WEIGHTS_SOURCES_MAX } from '../limits.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, list, name, nullable, position, record, sessionCount, text, textUpTo } from './parts.ts'
import { hexBytes } from './token-window.ts'

/** A file of a model as a plan lists it, so that any block of it can be checked whoever it comes from. */
export interface WireListedFile {
  /** Relative, with forward slashes. */
  readonly name: string
  readonly sizeBytes: number
  /** SHA-256 of the content, in hex. */
  readonly sha256: string
  /** SHA-256 over the SHA-256 of each block, in hex; docs/internals/weights-from-nodes.md says how. */
  readonly blocks: string
}

/** Where the bytes of a model can be had besides disk and hub, and what they are checked against. */
export interface WireWeights {
  /** All files of the checkpoint. The driver vouches for them, as it does for the digest. */
  readonly files: readonly WireListedFile[]
  /** Addresses of nodes that say that they hold the model. */
  readonly sources: readonly string[]
}

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
  /** For a node without a copy of the model; null if the driver knows nothing of it. */
  readonly weights: WireWeights | null
}

const weightsSchema = record({
  files: list(
    record({
      name: textUpTo(FILE_NAME_CHARS_MAX),
      sizeBytes: counter,
      sha256: hexBytes(32),
      blocks: hexBytes(32),
    }),
    WEIGHTS_FILES_MAX,
  ),
  sources: list(text, WEIGHTS_SOURCES_MAX),
})

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
    weights: nullable(weightsSchema),
  }),
)
