import { isUtf8 } from 'node:buffer'
import type { TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr/pack'
import type { Platform } from './platform.ts'

/** Plain maps and no extensions, so that every msgpack reader reads the same. Pure JavaScript: no native reader. */
const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' })

/** What msgpackr gives in the modes that are used here: its own buffer, with the bounds of what it wrote. */
interface PackedSpan extends Buffer {
  readonly start: number
  readonly end: number
}

/** Node: everything compiled or native. */
export const platform: Platform = Object.freeze({
  packHeader: (header: object) => {
    const packed = packr.pack(header, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as unknown as PackedSpan
    return packed.subarray(packed.start, packed.end)
  },
  unpackHeader: (packed: Uint8Array): unknown => packr.unpack(packed),
  allocate: (bytes: number) => Buffer.allocUnsafeSlow(bytes),
  isUtf8,
  compileSchema: (schema: TSchema) => {
    const check = TypeCompiler.Compile(schema)
    return {
      isMet: (value: unknown) => check.Check(value),
      failure: (value: unknown) => check.Errors(value).First(),
    }
  },
})
