import fc from 'fast-check'
import type { JsonSchema } from '../../docs/open-api.ts'

/** A value that a schema doesn't take, and why. */
export interface WrongValue {
  readonly why: string
  readonly value: unknown
}

/** How random values are drawn. */
export interface Draw {
  readonly seed: number
  /** Random values of each kind. */
  readonly count: number
}

type Kind = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'

const OF_KIND: Readonly<Record<Kind | 'null', fc.Arbitrary<unknown>>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  integer: fc.integer({ min: 1, max: 9 }),
  number: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
  string: fc.string({ maxLength: 20 }),
  array: fc.array(fc.integer(), { maxLength: 3 }),
  object: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.integer(), { maxKeys: 3 }),
}

/** Values that a schema doesn't take: other kinds, out of its range, too long, not of its form. */
export function wrongValues(schema: JsonSchema, draw: Draw): readonly WrongValue[] {
  return [
    ...otherKinds(schema, draw),
    ...outOfRange(schema),
    ...otherForms(schema, draw),
    ...wrongItems(schema, draw),
  ]
}

function otherKinds(schema: JsonSchema, { seed, count }: Draw): readonly WrongValue[] {
  const kinds = Object.keys(OF_KIND) as readonly (Kind | 'null')[]
  return kinds
    .filter((kind) => !isOfKind(kind, schema))
    .flatMap((kind) =>
      fc.sample(OF_KIND[kind], { seed, numRuns: count }).map((value) => ({ why: `is ${kind}`, value })),
    )
}

function isOfKind(kind: Kind | 'null', { type }: JsonSchema): boolean {
  return type === undefined || kind === type || (type === 'number' && kind === 'integer')
}

function outOfRange(schema: JsonSchema): readonly WrongValue[] {
  const wrong: WrongValue[] = []
  const { minimum, maximum, maxLength, minItems, maxItems } = schema
  if (minimum !== undefined) wrong.push({ why: 'is below', value: minimum - 1 })
  if (maximum !== undefined) wrong.push({ why: 'is above', value: maximum + 1 })
  if (maximum !== undefined) wrong.push({ why: 'is far above', value: Number.MAX_VALUE })
  if (maxLength !== undefined) wrong.push({ why: 'is too long', value: 'a'.repeat(maxLength + 1) })
  if (minItems !== undefined && minItems > 0) wrong.push({ why: 'is empty', value: [] })
  if (maxItems !== undefined) {
    const item = fill(schema.items ?? {})
    wrong.push({ why: 'has too many', value: Array.from({ length: maxItems + 1 }, () => item) })
  }
  return wrong
}

function otherForms(schema: JsonSchema, { seed, count }: Draw): readonly WrongValue[] {
  const { pattern, enum: words } = schema
  if (pattern !== undefined) {
    const form = new RegExp(pattern)
    const others = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !form.test(text))
    const nearly = ['', ' ', '\u0000', `\n`, "'; drop table market.requests; --"].filter(
      (text) => !form.test(text),
    )
    return [...fc.sample(others, { seed, numRuns: count }), ...nearly].map((value) => ({
      why: 'is of another form',
      value,
    }))
  }
  return words === undefined ? [] : [{ why: 'is another word', value: `${words[0]}x` }]
}

function wrongItems(schema: JsonSchema, draw: Draw): readonly WrongValue[] {
  if (schema.type !== 'array' || schema.items === undefined) return []
  return wrongValues(schema.items, { ...draw, count: 1 }).map(({ why, value }) => ({
    why: `has an item that ${why}`,
    value: [value],
  }))
}

/** A value that a schema takes, as small as can be. */
function fill(schema: JsonSchema): unknown {
  if (schema.enum !== undefined) return schema.enum[0]
  switch (schema.type ?? 'object') {
    case 'string':
      return schema.pattern === undefined
        ? 'a'
        : fc.sample(fc.stringMatching(new RegExp(schema.pattern)), { seed: 1, numRuns: 1 })[0]
    case 'integer':
    case 'number':
      return schema.minimum ?? 0
    case 'boolean':
      return true
    case 'array':
      return []
    default:
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, fill(schema.properties?.[name] ?? {})]),
      )
  }
}
