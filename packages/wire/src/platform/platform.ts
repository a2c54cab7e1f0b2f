import type { TSchema } from '@sinclair/typebox'

/** A schema, ready to check values. */
export interface SchemaCheck {
  isMet(value: unknown): boolean
  /** The first thing that is wrong, and where; undefined if the schema is met. */
  failure(value: unknown): { readonly path: string; readonly message: string } | undefined
}

/**
 * What frames take from where they run. The package's `#platform` import is one for Node, and another for web
 * pages wherever a bundler sets the condition `browser`; all other files run in both.
 */
export interface Platform {
  /** A header as msgpack: plain maps, no extensions. The bytes are good until the next call. */
  packHeader(header: object): Uint8Array
  /** Reads what passed the guard of headers. */
  unpackHeader(packed: Uint8Array): unknown
  /** Memory of its own, aligned, to be written over: it may hold anything. */
  allocate(bytes: number): Uint8Array
  isUtf8(bytes: Uint8Array): boolean
  compileSchema(schema: TSchema): SchemaCheck
}
