import { Decoder, Encoder } from '@msgpack/msgpack'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Platform } from './platform.ts'

const encoder = new Encoder({ ignoreUndefined: true })
const decoder = new Decoder()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Web pages, those too whose Content-Security-Policy forbids to make code of strings: schemas are interpreted, not
 * compiled. Trying to compile first would be reported as a violation of the page's policy.
 */
export const platform: Platform = Object.freeze({
  packHeader: (header: object) => encoder.encodeSharedRef(header),
  unpackHeader: (packed: Uint8Array) => decoder.decode(packed),
  allocate: (bytes: number) => new Uint8Array(bytes),
  isUtf8: (bytes: Uint8Array) => {
    try {
      utf8.decode(bytes)
      return true
    } catch {
      return false
    }
  },
  compileSchema: (schema: TSchema) => ({
    isMet: (value: unknown) => Value.Check(schema, value),
    failure: (value: unknown) => Value.Errors(schema, value).First(),
  }),
})
