import {
  GrammarReferenceError,
  GrammarSchemaInvalidError,
  GrammarSchemaTooLargeError,
} from './grammar-errors.ts'

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonMap
/** A JSON object. */
export interface JsonMap {
  readonly [key: string]: Json
}

/** One schema inside a schema document: `true`, `false` or an object of keywords. */
export interface SchemaNode {
  /** Equal for the same place of the document. */
  readonly id: number
  readonly value: boolean | JsonMap
  /** Where it stands, as a JSON pointer; worked out when a message needs it. */
  pointer(): string
}

/** Bounds of a schema's text. */
export interface SchemaBounds {
  readonly bytesMax: number
  readonly depthMax: number
}

/** A parsed schema: finds the schemas inside it, and where references lead. */
export class SchemaDocument {
  readonly root: SchemaNode
  readonly #nodes = new Map<JsonMap, SchemaNode>()
  readonly #booleans: readonly [SchemaNode, SchemaNode]

  /** @throws GrammarSchemaTooLargeError, GrammarSchemaInvalidError. */
  constructor(text: string, bounds: SchemaBounds) {
    const value = parse(text, bounds)
    this.#booleans = [
      { id: 0, value: false, pointer: () => 'a schema that is false' },
      { id: 1, value: true, pointer: () => 'a schema that is true' },
    ]
    this.root = this.#node(value, () => '')
  }

  /** The schema under keys of `parent`. @throws GrammarSchemaInvalidError if there is none. */
  child(parent: SchemaNode, ...keys: readonly string[]): SchemaNode {
    const pointer = (): string => [parent.pointer(), ...keys.map(escapeKey)].join('/')
    return this.#node(walk(parent.value, keys), pointer)
  }

  /**
   * The schema that a `$ref` of `from` leads to.
   *
   * @throws GrammarReferenceError if it leads out of the document or nowhere.
   */
  resolve(reference: string, from: SchemaNode): SchemaNode {
    if (reference !== '#' && !reference.startsWith('#/')) {
      throw new GrammarReferenceError(
        reference,
        from.pointer(),
        'leads out of the schema; it may only be # or begin with #/',
      )
    }
    const keys = reference === '#' ? [] : decode(reference.slice(2)).split('/').map(unescapeKey)
    const value = walk(this.root.value, keys)
    if (!isSchema(value)) {
      const problem = value === undefined ? 'leads to nothing' : 'leads to something that is no schema'
      throw new GrammarReferenceError(reference, from.pointer(), problem)
    }
    return this.#node(value, () => reference.slice(1))
  }

  #node(value: Json | undefined, pointer: () => string): SchemaNode {
    if (typeof value === 'boolean') return this.#booleans[value ? 1 : 0]
    if (!isSchema(value))
      throw new GrammarSchemaInvalidError(pointer(), 'a schema is an object, true or false')
    const known = this.#nodes.get(value)
    if (known !== undefined) return known
    const node = { id: this.#nodes.size + 2, value, pointer }
    this.#nodes.set(value, node)
    return node
  }
}

/** Whether a value is an object and no list. */
export function isJsonMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A keyword's value, or undefined if the schema doesn't have it itself. */
export function keywordOf(schema: JsonMap, keyword: string): Json | undefined {
  return Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
}

function isSchema(value: Json | undefined): value is boolean | JsonMap {
  return typeof value === 'boolean' || isJsonMap(value)
}

function walk(from: Json, keys: readonly string[]): Json | undefined {
  let value: Json | undefined = from
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as JsonMap)[key]
  }
  return value
}

function parse(text: string, bounds: SchemaBounds): Json {
  const bytes = Buffer.byteLength(text)
  if (bytes > bounds.bytesMax)
    throw new GrammarSchemaTooLargeError(`has ${bytes} bytes`, `at most ${bounds.bytesMax} are allowed`)
  checkDepth(text, bounds.depthMax)
  try {
    return JSON.parse(text, (_key, value: Json) => {
      if (typeof value === 'number' && !Number.isFinite(value))
        throw new GrammarSchemaInvalidError('', 'it has a number that is too large')
      return value
    }) as Json
  } catch (cause) {
    if (cause instanceof GrammarSchemaInvalidError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new GrammarSchemaInvalidError('', `it is no JSON (${reason})`, cause)
  }
}

/** One pass over strings and brackets before anything is built. */
function checkDepth(text: string, depthMax: number): void {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (isInString) {
      if (character === '\\') at++
      else if (character === '"') isInString = false
      continue
    }
    if (character === '"') isInString = true
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if (depth > depthMax)
      throw new GrammarSchemaTooLargeError(
        `is nested deeper than ${depthMax} levels`,
        `at most ${depthMax} are allowed`,
      )
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescapeKey(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}
