import type { TLiteral, TObject, TString, TUnion } from '@sinclair/typebox'
import { Type } from '@sinclair/typebox'
import { record } from './parts.ts'

/**
 * Whether an answer goes on after a window: `none`, it may; `stop-token`, the model chose a token that ends it;
 * `closed`, the driver ended it.
 */
export type WindowEnd = 'none' | 'stop-token' | 'closed'

/** The validator's signature over the tokens of an answer since the window before. */
export interface WireWindow {
  readonly end: WindowEnd
  /** SHA3-256 in hex of the signed bytes of the window before; 64 zeros for the first. */
  readonly previous: string
  /** Ed25519 by the validator, in hex; what it covers is in docs/concepts/answers.md. */
  readonly signature: string
}

/** Schema of {@link WindowEnd}. */
export const windowEndSchema: TUnion<[TLiteral<'none'>, TLiteral<'stop-token'>, TLiteral<'closed'>]> =
  Type.Union([Type.Literal('none'), Type.Literal('stop-token'), Type.Literal('closed')])

/** So many bytes in hex. */
export const hexBytes = (bytes: number): TString => Type.String({ pattern: `^[0-9a-f]{${2 * bytes}}$` })

/** Schema of {@link WireWindow}. */
export const windowSchema: TObject<{
  end: typeof windowEndSchema
  previous: TString
  signature: TString
}> = record({ end: windowEndSchema, previous: hexBytes(32), signature: hexBytes(64) })
