import type {
  TArray,
  TInteger,
  TNull,
  TNumber,
  TObject,
  TProperties,
  TSchema,
  TString,
  TUnion,
} from '@sinclair/typebox'
import { FormatRegistry, Type } from '@sinclair/typebox'
import {
  DURATION_MS_MAX,
  ID_CHARS_MAX,
  SEALED_BYTES_MAX,
  SESSIONS_MAX,
  SESSION_TOKENS_MAX,
  TEXT_CHARS_MAX,
  VOCABULARY_MAX,
} from '../limits.ts'
import { isWellFormed } from '../well-formed.ts'

const TEXT_FORMAT = 'shardline-text'

/**
 * Half a surrogate pair has no UTF-8 form, and readers of msgpack drop a leading byte order mark:
 * neither would arrive as it was sent.
 */
FormatRegistry.Set(TEXT_FORMAT, (value) => !value.startsWith('\uFEFF') && isWellFormed(value))

/** A map with these fields and no others. */
export const record = <P extends TProperties>(fields: P): TObject<P> =>
  Type.Object(fields, { additionalProperties: false })

/** `schema` or null. */
export const nullable = <S extends TSchema>(schema: S): TUnion<[S, TNull]> =>
  Type.Union([schema, Type.Null()])

/** A list of at most `maxItems`. */
export const list = <S extends TSchema>(schema: S, maxItems: number): TArray<S> =>
  Type.Array(schema, { maxItems })

/** An id: something to compare, not to read. Not empty. */
export const id: TString = Type.String({ minLength: 1, maxLength: ID_CHARS_MAX, format: TEXT_FORMAT })

/** A short name, digest or class; may be empty. */
export const name: TString = Type.String({ maxLength: ID_CHARS_MAX, format: TEXT_FORMAT })

/** A text for people, or an address. */
export const text: TString = Type.String({ maxLength: TEXT_CHARS_MAX, format: TEXT_FORMAT })

/** A text of at most `maxLength` characters (UTF-16 units). */
export const textUpTo = (maxLength: number): TString => Type.String({ maxLength, format: TEXT_FORMAT })

/** A whole number from `minimum` to `maximum`. */
export const whole = (minimum: number, maximum: number): TInteger => Type.Integer({ minimum, maximum })

/** A finite number from `minimum` to `maximum`. */
export const real = (minimum: number, maximum: number): TNumber => Type.Number({ minimum, maximum })

/** A count of bytes, or a number that only grows. */
export const counter: TInteger = whole(0, Number.MAX_SAFE_INTEGER)

/** A duration in milliseconds. */
export const duration: TNumber = real(0, DURATION_MS_MAX)

/** A position in a session, or a length of one. */
export const position: TInteger = whole(0, SESSION_TOKENS_MAX)

/** A number of sessions or pipelines. */
export const sessionCount: TInteger = whole(0, SESSIONS_MAX)

/** A token id. */
export const tokenId: TInteger = whole(0, VOCABULARY_MAX - 1)

/** A natural logarithm of a probability. Rounding may lift it a little above zero. */
export const logprob: TNumber = real(-Number.MAX_VALUE, 1)

/** A UUID in lower case. */
export const uuid: TString = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
})

/** Sealed bytes in base64 (RFC 4648, with padding). */
export const sealedBytes: TString = Type.String({
  pattern: '^[A-Za-z0-9+/]*={0,2}$',
  maxLength: 4 * Math.ceil(SEALED_BYTES_MAX / 3),
})
