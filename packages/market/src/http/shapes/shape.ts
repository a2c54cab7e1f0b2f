import type { Branded } from '@shardline/core'
import { Kind, Type, TypeRegistry } from '@sinclair/typebox'
import type { TArray, TInteger, TObject, TProperties, TSchema, TString, TUnsafe } from '@sinclair/typebox'

/**
 * How a value travels as JSON: amounts and other bigints as decimal strings, ids as plain strings, what may be
 * undefined as a field that may be absent.
 */
export type ToJson<T> = T extends bigint
  ? string
  : T extends Branded<string, string>
    ? string
    : T extends readonly (infer Item)[]
      ? ToJson<Item>[]
      : T extends object
        ? JsonFields<T>
        : T

type JsonFields<T> = Flat<
  { -readonly [K in keyof T as undefined extends T[K] ? never : K]: ToJson<T[K]> } & {
    -readonly [K in keyof T as undefined extends T[K] ? K : never]?: ToJson<Exclude<T[K], undefined>>
  }
>
type Flat<T> = { [K in keyof T]: T[K] }

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** All fields there: else a schema that lacks one that may be absent would pass for the same. */
type Whole<T> = T extends readonly (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [K in keyof T]-?: Whole<T[K]> }
    : T

type Describes<S extends TSchema, T> =
  Same<StaticOf<S>, ToJson<T>> extends true ? Same<Whole<StaticOf<S>>, Whole<ToJson<T>>> : false

/** The schema of how a `T` travels. */
export type Shape<T> = TUnsafe<ToJson<T>>

/**
 * Binds a schema to the interface that it describes: `shape<Balance>()(record({ ... }))`.
 * It doesn't compile unless both have the same fields of the same types, so interface and check can't drift apart.
 */
export function shape<T>(): <S extends TSchema>(
  schema: S & (Describes<S, T> extends true ? unknown : never),
) => Shape<T> {
  return (schema) => schema as unknown as Shape<T>
}

type StaticOf<S extends TSchema> = (S & { params: [] })['static']

/** What is said about an object beside its fields. */
export interface RecordOptions {
  /** Names objects that are met in several places, so that the reference describes them once. */
  readonly title?: string
  readonly description?: string
}

/** An object with these fields and no others. */
export const record = <P extends TProperties>(fields: P, options: RecordOptions = {}): TObject<P> =>
  Type.Object(fields, { additionalProperties: false, ...options })

/** A list of at most `maxItems`. */
export const list = <S extends TSchema>(items: S, maxItems: number, description?: string): TArray<S> =>
  Type.Array(items, { maxItems, ...(description === undefined ? {} : { description }) })

/** A whole number from `minimum` to `maximum`. */
export const whole = (minimum: number, maximum: number, description?: string): TInteger =>
  Type.Integer({ minimum, maximum, ...(description === undefined ? {} : { description }) })

/** A text that matches `pattern`, of at most `maxLength` characters. */
export const text = (pattern: string, maxLength: number, description?: string): TString =>
  Type.String({ pattern, maxLength, ...(description === undefined ? {} : { description }) })

const WORD_KIND = 'ShardlineWord'

TypeRegistry.Set<{ readonly enum: readonly string[] }>(
  WORD_KIND,
  (schema, value) => typeof value === 'string' && schema.enum.includes(value),
)

/** One of some words. They are the keys of a record, so that none of the type's can be forgotten. */
export const word = <W extends string>(words: Readonly<Record<W, true>>, description?: string): TUnsafe<W> =>
  ({
    [Kind]: WORD_KIND,
    type: 'string',
    enum: Object.keys(words),
    ...(description === undefined ? {} : { description }),
  }) as unknown as TUnsafe<W>
