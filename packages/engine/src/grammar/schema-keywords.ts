import { FORMAT_PATTERNS } from './formats.ts'
import { GrammarKeywordUnsupportedError, GrammarSchemaInvalidError } from './grammar-errors.ts'
import type { Json, JsonMap, SchemaNode } from './schema-document.ts'
import { isJsonMap, keywordOf } from './schema-document.ts'

/** The types that JSON Schema names. */
export const JSON_TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const
/** One of {@link JSON_TYPES}. */
export type JsonType = (typeof JSON_TYPES)[number]

/** Keywords that say nothing about which documents are allowed. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$comment',
  '$defs',
  '$schema',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  'default',
  'definitions',
  'deprecated',
  'description',
  'discriminator',
  'example',
  'examples',
  'readOnly',
  'title',
  'writeOnly',
])

/** A check of a keyword's value: undefined, or what it has to be. */
type ValueCheck = (value: Json) => string | undefined

const isCount = (value: Json): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isTexts = (value: Json): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string')
const must =
  (isRight: (value: Json) => boolean, wanted: string): ValueCheck =>
  (value) =>
    isRight(value) ? undefined : wanted
const count = must(isCount, 'a whole number from 0 on')
const number = must((value) => typeof value === 'number', 'a number')
const text = must((value) => typeof value === 'string', 'a text')
const schemas = must((value) => Array.isArray(value) && value.length > 0, 'a list of at least one schema')
const schema = must((value) => typeof value === 'boolean' || isJsonMap(value), 'a schema')

/** Keywords that are kept, and what their values have to be. */
const KEPT: ReadonlyMap<string, ValueCheck> = new Map([
  ['$ref', text],
  ['additionalProperties', schema],
  ['allOf', schemas],
  ['anyOf', schemas],
  ['const', () => undefined],
  ['enum', must((value) => Array.isArray(value), 'a list')],
  ['exclusiveMaximum', number],
  ['exclusiveMinimum', number],
  ['format', text],
  ['items', schema],
  ['maxItems', count],
  ['maxLength', count],
  ['maximum', number],
  ['minItems', count],
  ['minLength', count],
  ['minimum', number],
  ['oneOf', schemas],
  ['pattern', text],
  ['prefixItems', schemas],
  ['properties', must(isJsonMap, 'an object')],
  ['required', must(isTexts, 'a list of names')],
  ['type', must(isTypes, `one or several of ${JSON_TYPES.join(', ')}`)],
])

/** Keywords that allow everything when they have this value. */
const HARMLESS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['uniqueItems', false],
  ['minProperties', 0],
  ['minContains', 0],
  ['unevaluatedProperties', true],
  ['unevaluatedItems', true],
  ['nullable', false],
])

/** Why some keywords are refused; the others are not known. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['$anchor', 'write references as JSON pointers, such as #/$defs/name'],
  ['$dynamicRef', 'write references as JSON pointers, such as #/$defs/name'],
  ['$id', 'references are JSON pointers inside one document'],
  ['additionalItems', 'use prefixItems and items'],
  ['nullable', 'use "type": ["...", "null"]'],
])

/**
 * Checks that every keyword of a schema is known and has a value of the right kind.
 *
 * @throws GrammarKeywordUnsupportedError, GrammarSchemaInvalidError.
 */
export function checkKeywords(node: SchemaNode, value: JsonMap): void {
  for (const [keyword, given] of Object.entries(value)) {
    if (ANNOTATIONS.has(keyword) || HARMLESS.get(keyword) === given) continue
    const check = KEPT.get(keyword)
    if (check === undefined) {
      const reason = REASONS.get(keyword) ?? 'answers can not be held to it'
      throw new GrammarKeywordUnsupportedError(keyword, node.pointer(), reason)
    }
    if (keyword === 'items' && Array.isArray(given)) {
      throw new GrammarKeywordUnsupportedError('items', node.pointer(), 'a list of schemas is prefixItems')
    }
    const wanted = check(given)
    if (wanted !== undefined)
      throw new GrammarSchemaInvalidError(node.pointer(), `${keyword} has to be ${wanted}`)
  }
  checkFormat(node, value)
}

function checkFormat(node: SchemaNode, value: JsonMap): void {
  const format = keywordOf(value, 'format')
  if (typeof format !== 'string' || FORMAT_PATTERNS.has(format)) return
  const known = [...FORMAT_PATTERNS.keys()].join(', ')
  throw new GrammarKeywordUnsupportedError(
    'format',
    node.pointer(),
    `${JSON.stringify(format.slice(0, 60))} is not known; known are ${known}`,
  )
}

function isTypes(value: Json): boolean {
  const types: readonly Json[] = Array.isArray(value) ? value : [value as Json]
  return types.length > 0 && types.every((type) => JSON_TYPES.some((known) => known === type))
}
