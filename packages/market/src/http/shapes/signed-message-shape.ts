import { Type } from '@sinclair/typebox'
import type { TRecord, TString, TUnknown } from '@sinclair/typebox'

const FIELDS_MAX = 16

/**
 * A signed message of `@shardline/identity`. What is in it is checked by who verifies the signature; here only that
 * it's an object of few fields, whose depth and length the body's limits bound.
 */
export const signedMessageShape: TRecord<TString, TUnknown> = Type.Record(
  Type.String({ pattern: '^[a-zA-Z]{1,32}$' }),
  Type.Unknown(),
  {
    maxProperties: FIELDS_MAX,
    additionalProperties: false,
    description: 'a signed message: see docs/concepts/identity.md',
  },
)
