import type { Static, TSchema } from '@sinclair/typebox'
import { platform } from '#platform'
import { ContentInvalidError } from '../errors.ts'
import type { Same, Writable } from '../messages/header-schema.ts'

/** Writes and reads the content of sealed payloads: UTF-8 JSON, checked against a schema. */
export interface ContentCodec<T> {
  encode(content: T): Uint8Array
  /** @throws ContentInvalidError if the bytes are no JSON, or not of this schema; nothing of the content is in the message. */
  decode(bytes: Uint8Array): T
}

/**
 * Binds a schema to the interface that it describes: `contentCodec<AskContent>('ask')(record({ ... }))`.
 * It doesn't compile unless both have the same fields of the same types.
 */
export function contentCodec<T>(
  what: string,
): <S extends TSchema>(
  schema: S & (Same<Static<S>, Writable<T>> extends true ? unknown : never),
) => ContentCodec<T> {
  return (schema) => {
    // Made when it is first needed: stages never read what users and drivers say to each other.
    let check: ReturnType<typeof platform.compileSchema> | undefined
    return {
      encode: (content) => new TextEncoder().encode(JSON.stringify(content)),
      decode: (bytes) => {
        const value = parse(what, bytes)
        check ??= platform.compileSchema(schema)
        if (check.isMet(value)) return value as T
        throw new ContentInvalidError(what, check.failure(value)?.path ?? '')
      },
    }
  }
}

function parse(what: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new ContentInvalidError(what, 'the text, which is no JSON in UTF-8')
  }
}
