import type { TInteger, TObject, TString } from '@sinclair/typebox'
import { ENLIST_ADDRESSES_MAX, ENLIST_MODELS_MAX } from '../limits.ts'
import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, list, record, text, whole } from './parts.ts'
import { hexBytes } from './token-window.ts'

/** What lets a node be a stage of a driver: until when it does, and the signature of the driver's door over that. */
export interface WireNodePass {
  /** Milliseconds since the Unix epoch. */
  readonly expiresAtMs: number
  /** Ed25519 by the key of the door, in hex; what it covers is in docs/internals/enlisting.md. */
  readonly signature: string
}

/**
 * Worker or validator to the door of a driver: I would be a stage of yours. Its role is that of the link's handshake.
 * Answered by `enlisted`, and again whenever what that says changes; or by `error`, and the link ends.
 */
export interface EnlistMessage {
  readonly kind: 'enlist'
  readonly request: RequestId
  readonly pass: WireNodePass
  /** Where it can be dialed. A host that means every address of the machine stands for the one that the node dials from. */
  readonly addresses: readonly string[]
  /** Models that it serves, as drivers name them; none is every one. */
  readonly models: readonly string[]
  /** Memory in bytes that a plan may use. */
  readonly memoryBytes: number
  /** Processor threads of one run; 0 leaves that to the engine. */
  readonly threads: number
}

const passSchema: TObject<{ expiresAtMs: TInteger; signature: TString }> = record({
  expiresAtMs: counter,
  signature: hexBytes(64),
})

/** Schema of the header of {@link EnlistMessage}. */
export const enlistHeader: HeaderSchema<EnlistMessage> = headerSchema<EnlistMessage>()(
  record({
    request: requestIdSchema,
    pass: passSchema,
    addresses: list(text, ENLIST_ADDRESSES_MAX),
    models: list(text, ENLIST_MODELS_MAX),
    memoryBytes: counter,
    threads: whole(0, 65_536),
  }),
)
