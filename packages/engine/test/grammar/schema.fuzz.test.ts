import { ShardlineError } from '@shardline/core'
import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import fc from 'fast-check'
import t from 'tap'
import { GrammarCompiler } from '../../src/index.ts'
import { testSeed } from '../sampler/test-seed.ts'
import { jsonSchema, smallVocabulary, writeDocument } from './support/write-document.ts'

const count = fc.constantFrom<unknown>(0, 1, 2, 3, 7, 1e9, 'a')
const bound = fc.constantFrom<unknown>(-1e300, -3, -0.5, 0, 1, 2, 3.75, 1e-300, 1e300, null)
const type = fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'null', 'boolean')
const values = fc.array(fc.constantFrom<unknown>(0, 1, 'a', 'b', '', null, true, [], {}, { a: [1] }, -2.5), {
  maxLength: 4,
})
const reference = fc.constantFrom(
  '#',
  '#/$defs/a',
  '#/$defs/a',
  '#/properties/a',
  '#/anyOf/0',
  '#/allOf/length',
  'x',
)
const pattern = fc.constantFrom('a', '^a*$', '^[a-c]{1,3}$', '(x|y){2,5}', '[a-', '^(a|)+$', '')
const format = fc.constantFrom('date', 'uuid', 'ipv4', 'iri')

interface Tied {
  readonly schema: unknown
  readonly keyword: readonly [string, unknown]
}

/** Something near a schema: known keywords, nearly always with values of the right kind, in any combination. */
const nearSchema: fc.Arbitrary<unknown> = fc.letrec<Tied>((tie) => {
  const schema = tie('schema')
  const schemas = fc.array(schema, { maxLength: 3 })
  const named = fc.dictionary(fc.constantFrom('a', 'b', 'c'), schema, { maxKeys: 3 })
  const kinds: readonly (readonly [readonly string[], fc.Arbitrary<unknown>])[] = [
    [['type'], fc.oneof(type, type, fc.array(type, { maxLength: 3 }), fc.constant('text'))],
    [['properties', '$defs'], named],
    [['required'], fc.array(fc.constantFrom('a', 'b', 'd'), { maxLength: 2 })],
    [['items', 'additionalProperties'], schema],
    [['prefixItems', 'anyOf', 'oneOf', 'allOf'], schemas],
    [['minItems', 'maxItems', 'minLength', 'maxLength'], count],
    [['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'], bound],
    [['enum'], values],
    [['const'], fc.constantFrom<unknown>('a', 1, null, [1])],
    [['$ref'], reference],
    [['pattern'], pattern],
    [['format'], format],
    [['title', 'not'], fc.constant('x')],
  ]
  const keyword = fc.oneof(...kinds.map(([names, value]) => fc.tuple(fc.constantFrom(...names), value)))
  const object = fc.array(keyword, { maxLength: 4 }).map((entries) => Object.fromEntries(entries))
  return { keyword, schema: fc.oneof({ maxDepth: 3 }, fc.boolean(), object, object, object) }
}).schema

/** Whether the reference finds the document right; false if it can't read the schema, which then has faults in unused places. */
function isRight(schema: unknown, text: string): boolean {
  const ajv = new Ajv2020({ strict: false })
  formatsPlugin.default(ajv)
  let validate: ValidateFunction
  try {
    validate = ajv.compile(schema as object)
  } catch {
    return false
  }
  if (validate(JSON.parse(text))) return true
  throw new Error(`${text}: ${ajv.errorsText(validate.errors)}`)
}

t.test('whatever comes is compiled or refused by name', async (t) => {
  const seed = testSeed(t)
  const compiler = new GrammarCompiler(smallVocabulary, { sizeMax: 50_000 })
  let compiled = 0
  let checked = 0
  const codes = new Map<string, number>()
  fc.assert(
    fc.property(nearSchema, (schema) => {
      try {
        const document = writeDocument(jsonSchema(schema), { seed: 1, tokensMax: 40, compiler })
        compiled++
        if (document.isDone && isRight(schema, document.text)) checked++
      } catch (cause) {
        if (!(cause instanceof ShardlineError) || !cause.code.startsWith('ENGINE_GRAMMAR_')) throw cause
        codes.set(cause.code, (codes.get(cause.code) ?? 0) + 1)
      }
    }),
    { seed, numRuns: 1500 },
  )
  t.ok(checked > 400, `${checked} documents checked`)
  t.ok(compiled > 500, `${compiled} compiled`)
  t.ok(codes.size >= 5, JSON.stringify([...codes]))
})
