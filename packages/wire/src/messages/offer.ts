import { Type } from '@sinclair/typebox'
import { TEXT_CHARS_MAX } from '../limits.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, list, record, text } from './parts.ts'

/** Driver to client, right after the handshake and whenever it changes: what it serves, and the key to seal prompts to. */
export interface OfferMessage {
  readonly kind: 'offer'
  readonly models: readonly {
    /** Name that users ask for. */
    readonly model: string
    /** Digest of the checkpoint. */
    readonly digest: string
    /** Longest session in tokens. */
    readonly contextLength: number
    readonly layerCount: number
    /** Whether it has a chat template, and whether that takes tools. */
    readonly hasChat: boolean
    readonly hasTools: boolean
  }[]
  /** The driver's sealing key with its signature and validity, as JSON of `@shardline/identity`. */
  readonly sealingKey: string
}

/** Schema of the header of {@link OfferMessage}. */
export const offerHeader: HeaderSchema<OfferMessage> = headerSchema<OfferMessage>()(
  record({
    models: list(
      record({
        model: text,
        digest: id,
        contextLength: counter,
        layerCount: counter,
        hasChat: Type.Boolean(),
        hasTools: Type.Boolean(),
      }),
      1024,
    ),
    sealingKey: Type.String({ minLength: 1, maxLength: TEXT_CHARS_MAX }),
  }),
)
