import type { Budget } from './budget.ts'
import type { Json, JsonMap, SchemaNode } from './schema-document.ts'
import { isJsonMap, keywordOf } from './schema-document.ts'
import type { SchemaDocument } from './schema-document.ts'
import type { JsonType } from './schema-keywords.ts'
import { JSON_TYPES } from './schema-keywords.ts'

/** Bounds of a number; the stricter of equal ones is the one that excludes. */
export interface NumberBounds {
  readonly least: number
  readonly isLeastExcluded: boolean
  readonly most: number
  readonly isMostExcluded: boolean
}

/** What the strings of a shape have to be. */
export interface StringRules {
  readonly minLength: number
  readonly maxLength: number | undefined
  readonly patterns: readonly string[]
  readonly formats: readonly string[]
}

/** What one schema says about the properties of an object. */
export interface ObjectPart {
  /** Whether it lists properties, be it none. */
  readonly isListing: boolean
  readonly properties: ReadonlyMap<string, SchemaNode>
  /** Undefined if it isn't said. */
  readonly additional: SchemaNode | undefined
}

/** What one schema says about the items of a list. */
export interface ArrayPart {
  readonly prefix: readonly SchemaNode[]
  /** Items behind the prefix; undefined if it isn't said. */
  readonly rest: SchemaNode | undefined
}

/** What several schemas say together about a value, without alternatives. */
export interface Shape {
  readonly types: ReadonlySet<JsonType>
  /** The only values; undefined if they aren't listed. */
  readonly values: readonly Json[] | undefined
  readonly number: NumberBounds
  readonly string: StringRules
  readonly objects: readonly ObjectPart[]
  readonly required: readonly string[]
  readonly arrays: readonly ArrayPart[]
  readonly minItems: number
  readonly maxItems: number | undefined
  /** The schemas themselves, for messages. */
  readonly nodes: readonly SchemaNode[]
}

/** Keywords that say something about values of one type only. */
const TYPE_KEYWORDS: readonly (readonly [JsonType, readonly string[]])[] = [
  ['object', ['properties', 'required', 'additionalProperties']],
  ['array', ['items', 'prefixItems', 'minItems', 'maxItems']],
  ['string', ['minLength', 'maxLength', 'pattern', 'format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']],
]

/** The shape that schemas make together; only their own keywords count, alternatives are followed before. */
export function mergeShape(
  nodes: readonly SchemaNode[],
  context: { readonly document: SchemaDocument; readonly budget: Budget },
): Shape {
  const { document, budget } = context
  const raws = nodes.flatMap((node) => (isJsonMap(node.value) ? [node.value] : []))
  for (const raw of raws) budget.spend(sizeOf(raw))
  return {
    types: typesOf(raws),
    values: valuesOf(raws),
    number: boundsOf(raws),
    string: {
      minLength: Math.max(0, ...numbers(raws, 'minLength')),
      maxLength: lowest(numbers(raws, 'maxLength')),
      patterns: [...new Set(texts(raws, 'pattern'))],
      formats: [...new Set(texts(raws, 'format'))],
    },
    objects: nodes.map((node) => objectPart(node, document)),
    required: [...new Set(raws.flatMap((raw) => (keywordOf(raw, 'required') ?? []) as readonly string[]))],
    arrays: nodes.map((node) => arrayPart(node, document)),
    minItems: Math.max(0, ...numbers(raws, 'minItems')),
    maxItems: lowest(numbers(raws, 'maxItems')),
    nodes,
  }
}

/** Entries of the lists and maps of a schema's own keywords. */
function sizeOf(raw: JsonMap): number {
  let size = 1
  for (const value of Object.values(raw))
    if (typeof value === 'object' && value !== null) size += Object.keys(value).length
  return size
}

/** Whether objects of a shape have only properties that it names, unless it says otherwise. */
export function isListingProperties(shape: Shape): boolean {
  return shape.required.length > 0 || shape.objects.some(({ isListing }) => isListing)
}

/** JSON with the keys of objects in order: equal values have equal texts. */
export function comparableText(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(comparableText).join(',')}]`
  if (!isJsonMap(value)) return JSON.stringify(value)
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${comparableText(inner)}`).join(',')}}`
}

/** The type of a value; whole numbers are `integer`. */
export function typeOfValue(value: Json): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  const type = typeof value
  return type === 'string' || type === 'boolean' ? type : 'object'
}

/** Whether types allow one type: `number` allows whole numbers too. */
export function allowsType(types: ReadonlySet<JsonType>, type: JsonType): boolean {
  return types.has(type) || (type === 'integer' && types.has('number'))
}

/** Types that all schemas allow. Where none names a type, the keywords and values tell which are meant. */
function typesOf(raws: readonly JsonMap[]): ReadonlySet<JsonType> {
  let types: ReadonlySet<JsonType> | undefined
  for (const raw of raws) {
    const given = keywordOf(raw, 'type')
    if (given === undefined) continue
    const named = new Set((Array.isArray(given) ? given : [given]) as readonly JsonType[])
    types = types === undefined ? named : commonTypes(types, named)
  }
  if (types !== undefined) return types
  if (raws.some((raw) => Object.hasOwn(raw, 'enum') || Object.hasOwn(raw, 'const')))
    return new Set(JSON_TYPES)
  const meant = TYPE_KEYWORDS.filter(([, keywords]) =>
    raws.some((raw) => keywords.some((keyword) => Object.hasOwn(raw, keyword))),
  ).map(([type]) => type)
  return new Set(meant.length > 0 ? meant : JSON_TYPES)
}

function commonTypes(one: ReadonlySet<JsonType>, other: ReadonlySet<JsonType>): ReadonlySet<JsonType> {
  const common = new Set<JsonType>()
  for (const type of JSON_TYPES) if (allowsType(one, type) && allowsType(other, type)) common.add(type)
  return common
}

function valuesOf(raws: readonly JsonMap[]): readonly Json[] | undefined {
  let values: ReadonlyMap<string, Json> | undefined
  for (const raw of raws) {
    const lists = [
      keywordOf(raw, 'enum'),
      Object.hasOwn(raw, 'const') ? [keywordOf(raw, 'const')] : undefined,
    ]
    for (const list of lists) {
      if (!Array.isArray(list)) continue
      const listed = new Map((list as readonly Json[]).map((value) => [comparableText(value), value]))
      const before: ReadonlyMap<string, Json> = values ?? listed
      values = new Map([...before].filter(([key]) => listed.has(key)))
    }
  }
  return values === undefined ? undefined : [...values.values()]
}

function boundsOf(raws: readonly JsonMap[]): NumberBounds {
  let least = -Infinity
  let isLeastExcluded = false
  let most = Infinity
  let isMostExcluded = false
  for (const [keyword, isExcluded] of [
    ['minimum', false],
    ['exclusiveMinimum', true],
  ] as const) {
    for (const bound of numbers(raws, keyword)) {
      if (bound > least || (bound === least && isExcluded)) isLeastExcluded = isExcluded
      least = Math.max(least, bound)
    }
  }
  for (const [keyword, isExcluded] of [
    ['maximum', false],
    ['exclusiveMaximum', true],
  ] as const) {
    for (const bound of numbers(raws, keyword)) {
      if (bound < most || (bound === most && isExcluded)) isMostExcluded = isExcluded
      most = Math.min(most, bound)
    }
  }
  return { least, isLeastExcluded, most, isMostExcluded }
}

function objectPart(node: SchemaNode, document: SchemaDocument): ObjectPart {
  const raw = isJsonMap(node.value) ? node.value : {}
  const listed = keywordOf(raw, 'properties')
  const names = isJsonMap(listed) ? Object.keys(listed) : []
  return {
    isListing: listed !== undefined,
    properties: new Map(names.map((name) => [name, document.child(node, 'properties', name)])),
    additional: Object.hasOwn(raw, 'additionalProperties')
      ? document.child(node, 'additionalProperties')
      : undefined,
  }
}

function arrayPart(node: SchemaNode, document: SchemaDocument): ArrayPart {
  const raw = isJsonMap(node.value) ? node.value : {}
  const prefix = keywordOf(raw, 'prefixItems')
  const count = Array.isArray(prefix) ? prefix.length : 0
  return {
    prefix: Array.from({ length: count }, (_, index) => document.child(node, 'prefixItems', String(index))),
    rest: Object.hasOwn(raw, 'items') ? document.child(node, 'items') : undefined,
  }
}

function numbers(raws: readonly JsonMap[], keyword: string): readonly number[] {
  return raws.map((raw) => keywordOf(raw, keyword)).filter((value) => typeof value === 'number')
}

function texts(raws: readonly JsonMap[], keyword: string): readonly string[] {
  return raws.map((raw) => keywordOf(raw, keyword)).filter((value) => typeof value === 'string')
}

function lowest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values)
}
