import { Type } from '@sinclair/typebox'
import t from 'tap'
import { headerSchema } from '../../src/index.ts'
import type { HeaderSchema } from '../../src/index.ts'
import { list, nullable, record, text, whole } from '../../src/messages/parts.ts'

interface Sample {
  readonly kind: 'sample'
  readonly count: number
  readonly words: readonly string[] | null
  readonly payload: Float32Array
}

const count = whole(0, 9)
const words = nullable(list(text, 3))

// Whether these compile is the test: each expected error is one that the build would miss if it didn't come.
const schemas: readonly HeaderSchema<Sample>[] = [
  headerSchema<Sample>()(record({ count, words })),
  // @ts-expect-error a field is missing
  headerSchema<Sample>()(record({ count })),
  // @ts-expect-error a field is one too many
  headerSchema<Sample>()(record({ count, words, more: text })),
  // @ts-expect-error a field is of another type
  headerSchema<Sample>()(record({ count: text, words })),
  // @ts-expect-error a field may not be null
  headerSchema<Sample>()(record({ count, words: list(text, 3) })),
  // @ts-expect-error a field may be left out
  headerSchema<Sample>()(record({ count: Type.Optional(count), words })),
]

t.test('gives back the schema that it binds to its interface', async (t) => {
  t.strictSame(Object.keys(schemas[0]?.['properties'] ?? {}), ['count', 'words'])
})
