import type { Static, TSchema } from '@sinclair/typebox'

/** `T` with all `readonly` taken off, at every depth: TypeBox's static types don't carry it. */
export type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T

/** Whether two types are the same, both ways. */
export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** What of a message travels in the frame's header: all but its kind, which is in the prefix, and its payload. */
export type HeaderOf<M> = Omit<M, 'kind' | 'payload'>

declare const describes: unique symbol

/** The schema of the header of message type `M`. Only {@link headerSchema} makes one. */
export interface HeaderSchema<M> extends TSchema {
  readonly [describes]: M
}

/**
 * Binds a schema to the interface that it describes: `headerSchema<PingMessage>()(record({ ... }))`.
 * It doesn't compile unless both have the same fields of the same types, so interface and check can't drift apart.
 */
export function headerSchema<M extends { readonly kind: string }>(): <S extends TSchema>(
  schema: S & (Same<Static<S>, Writable<HeaderOf<M>>> extends true ? unknown : never),
) => HeaderSchema<M> {
  return (schema) => schema as unknown as HeaderSchema<M>
}
