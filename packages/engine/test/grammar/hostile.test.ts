import t from 'tap'
import { GrammarCompiler, resolveSampling } from '../../src/index.ts'
import type { GrammarSpec } from '../../src/index.ts'
import { jsonSchema, smallVocabulary, STOP_TOKEN, VOCABULARY_SIZE } from './support/write-document.ts'
import { writeDocument } from './support/write-document.ts'

const text = (schema: string): GrammarSpec => ({ type: 'json-schema', schema })

function nested(depth: number, open: string, close: string): string {
  return `${open.repeat(depth)}{}${close.repeat(depth)}`
}

/** Each definition refers twice to the next: 2^count ways through, if they were all written out. */
function doublings(count: number, keyword: string): unknown {
  const defs: Record<string, unknown> = { [`d${count}`]: { type: 'string', maxLength: 3 } }
  for (let i = 0; i < count; i++) {
    defs[`d${i}`] = { [keyword]: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] }
  }
  return { $defs: defs, $ref: '#/$defs/d0' }
}

const properties = (count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { type: 'string' }]))

const HOSTILE: readonly (readonly [string, GrammarSpec, string])[] = [
  ['a megabyte of text', jsonSchema({ description: 'x'.repeat(2 ** 20) }), 'ENGINE_GRAMMAR_SCHEMA_TOO_LARGE'],
  ['a depth bomb of lists', text('['.repeat(100_000)), 'ENGINE_GRAMMAR_SCHEMA_TOO_LARGE'],
  ['a depth bomb of items', text(nested(20_000, '{"items":', '}')), 'ENGINE_GRAMMAR_SCHEMA_TOO_LARGE'],
  ['text that is no JSON', text('{"type":'), 'ENGINE_GRAMMAR_SCHEMA_INVALID'],
  ['a number that is none', text('{"const":1e999}'), 'ENGINE_GRAMMAR_SCHEMA_INVALID'],
  ['unions that double', jsonSchema(doublings(40, 'anyOf')), 'ENGINE_GRAMMAR_TOO_COMPLEX'],
  [
    'unions that multiply',
    jsonSchema({
      allOf: Array.from({ length: 30 }, () => ({
        anyOf: [{ minLength: 1 }, { maxLength: 9 }, { type: 'string' }],
      })),
    }),
    'ENGINE_GRAMMAR_TOO_COMPLEX',
  ],
  [
    'a pattern that counts in counts',
    jsonSchema({ type: 'string', pattern: '^(((a{1,500}){1,500}){1,500}){1,500}$' }),
    'ENGINE_GRAMMAR_TOO_COMPLEX',
  ],
  [
    'a pattern that counts nothing',
    jsonSchema({ type: 'string', pattern: '((((){8000}){8000}){8000}){8000}' }),
    'ENGINE_GRAMMAR_TOO_COMPLEX',
  ],
  [
    'patterns that multiply',
    jsonSchema({
      allOf: [
        { type: 'string', pattern: 'a.{200}b' },
        { type: 'string', pattern: 'b.{300}c' },
        { type: 'string', pattern: 'c.{400}d' },
      ],
    }),
    'ENGINE_GRAMMAR_TOO_COMPLEX',
  ],
  [
    'a pattern of a hundred thousand characters',
    jsonSchema({ type: 'string', pattern: '('.repeat(100_000) }),
    'ENGINE_GRAMMAR_SCHEMA_TOO_LARGE',
  ],
  [
    'a pattern of parentheses',
    jsonSchema({ type: 'string', pattern: '('.repeat(2000) }),
    'ENGINE_GRAMMAR_PATTERN_UNSUPPORTED',
  ],
  [
    'lists of lists that count',
    jsonSchema({
      type: 'array',
      minItems: 8000,
      items: { type: 'array', minItems: 8000, items: { type: 'string', minLength: 1e9 } },
    }),
    'ENGINE_GRAMMAR_TOO_COMPLEX',
  ],
  ['a reference to itself', jsonSchema({ $ref: '#' }), 'ENGINE_GRAMMAR_REFERENCE'],
  [
    'a circle of references',
    jsonSchema({ anyOf: [{ type: 'null' }, { allOf: [{ $ref: '#' }] }] }),
    'ENGINE_GRAMMAR_REFERENCE',
  ],
  [
    'a reference to elsewhere',
    jsonSchema({ $ref: 'https://example.org/schema' }),
    'ENGINE_GRAMMAR_REFERENCE',
  ],
  [
    'recursion without an end',
    jsonSchema({ type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }),
    'ENGINE_GRAMMAR_UNSATISFIABLE',
  ],
]

for (const [name, spec, code] of HOSTILE) {
  t.test(`refuses ${name} by name`, async (t) => {
    const compiler = new GrammarCompiler(smallVocabulary)
    t.throws(() => compiler.compile(spec), { code })
  })
}

t.test('refuses a schema over the limit before it is sent', async (t) => {
  t.throws(
    () =>
      resolveSampling(
        { grammar: jsonSchema({ description: 'x'.repeat(2 ** 20) }), stopTokenIds: [STOP_TOKEN] },
        { vocabularySize: VOCABULARY_SIZE },
      ),
    { code: 'ENGINE_GRAMMAR_SCHEMA_TOO_LARGE' },
  )
})

t.test('writes documents of schemas with a long way in', async (t) => {
  const chain: Record<string, unknown> = { d3000: { const: 'end' } }
  for (let i = 0; i < 3000; i++) chain[`d${i}`] = { anyOf: [{ $ref: `#/$defs/d${i + 1}` }] }
  const longChain = jsonSchema({ $defs: chain, $ref: '#/$defs/d0' })
  t.equal(writeDocument(longChain, { seed: 1, tokensMax: 20 }).text, '"end"')
  const many = jsonSchema({ type: 'object', properties: properties(1500), maxProperties: undefined })
  t.match(writeDocument(many, { seed: 1, tokensMax: 40 }).text, /^\{/)
  const choices = Array.from({ length: 8000 }, (_, i) => `choice ${i}`)
  const choice = writeDocument(jsonSchema({ enum: choices }), { seed: 1, tokensMax: 40 })
  t.ok(choices.includes(JSON.parse(choice.text) as string))
})

t.test('a grammar whose places multiply while it is written ends by name', async (t) => {
  // What may follow depends on every letter of the last hundred: another set of places after each of them.
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i))
  const pattern = letters.map((letter) => `${letter}.{100}${letter}`).join('|')
  const spec = jsonSchema({ type: 'string', pattern })
  const compiler = new GrammarCompiler(smallVocabulary, { tokenWorkMax: 5000 })
  t.throws(() => writeDocument(spec, { seed: 1, tokensMax: 300, compiler }), {
    code: 'ENGINE_GRAMMAR_TOO_COMPLEX',
    message: /steps for one token/,
  })
})

t.test('alternatives that stay open on every level cost no more than one of them', async (t) => {
  // Both alternatives begin alike at each depth, so that 2^depth readings are open at the same time.
  const branch = (last: string): unknown => ({
    type: 'array',
    prefixItems: [{ $ref: '#' }, { const: last }],
    items: false,
    minItems: 2,
  })
  const spec = jsonSchema({ anyOf: [{ const: 0 }, branch('a'), branch('b')] })
  const compiler = new GrammarCompiler(smallVocabulary)
  const cursor = compiler.compile(spec).start()
  const logits = new Float64Array(VOCABULARY_SIZE)
  const tokenOf = (character: string): number => 3 + character.charCodeAt(0)
  for (let depth = 0; depth < 200; depth++) cursor.accept(tokenOf('['))
  for (const character of '0,"b"],"a"],"b"') cursor.accept(tokenOf(character))
  cursor.apply(logits, new Set([STOP_TOKEN]))
  t.equal(logits[tokenOf(']')], 0)
  t.equal(logits[tokenOf(',')], -Infinity)
  t.equal(logits[STOP_TOKEN], -Infinity)
})
