import fc from 'fast-check'

/** Schemas whose documents stay short, so that chance ends them. Names and texts hold what needs escapes. */
const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.constantFrom('a', 'b"c', 'ü', '🦊', '\\', '\n', '\u0001', 'a/b', '~'),
)
// The reference doesn't see that a required property is missing if its name is empty.
const name: fc.Arbitrary<string> = text.filter((value) => value !== '__proto__' && value !== '')
const bound = fc.oneof(fc.integer({ min: -200, max: 200 }), fc.constantFrom(0.5, -0.25, 1e-7, 12.75, -3.999))

const strings = fc.oneof(
  fc
    .tuple(fc.nat(3), fc.nat(4))
    .map(([minLength, more]) => ({ type: 'string', minLength, maxLength: minLength + more })),
  fc
    .constantFrom('^[a-c]{1,3}$', '^(?:x|yy)+z?$', '^\\d{2}-[^0-9"]$', '^[\\w.]{0,4}$', '^\\s?[à-ö]{2}$')
    .map((pattern) => ({ type: 'string', pattern, maxLength: 6 })),
  fc.constantFrom('date', 'time', 'uuid', 'ipv4').map((format) => ({ type: 'string', format })),
)

const numbers = fc
  .tuple(fc.constantFrom('integer', 'number'), bound, bound, fc.nat(2))
  .map(([type, a, b, kind]) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b) + 1]
    if (kind === 0) return { type, minimum: low, maximum: high }
    return kind === 1
      ? { type, exclusiveMinimum: low, maximum: high }
      : { type, minimum: low, exclusiveMaximum: high }
  })

const values = fc.oneof(
  fc
    .uniqueArray(fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), {
      minLength: 1,
      maxLength: 4,
    })
    .map((list) => ({ enum: list })),
  fc.oneof(text, fc.integer(), fc.constant([1, { a: 'ü' }])).map((value) => ({ const: value })),
)

/** A schema of at most this depth. */
export const arbitrarySchema: fc.Arbitrary<object> = fc.letrec<{ schema: object; object: object }>((tie) => {
  const schema = tie('schema')
  const properties = fc.dictionary(name, schema, { maxKeys: 4 }).chain((listed) => {
    const names = Object.keys(listed)
    const closings = [{}, { additionalProperties: false }]
    return fc
      .tuple(fc.subarray(names), fc.constantFrom<object>(...closings))
      .map(([required, closed]) => ({ type: 'object', properties: listed, required, ...closed }))
  })
  const lists = fc.oneof(
    fc
      .tuple(schema, fc.nat(2), fc.nat(2))
      .map(([items, minItems, more]) => ({ type: 'array', items, minItems, maxItems: minItems + more })),
    fc.array(schema, { minLength: 1, maxLength: 3 }).map((prefixItems) => ({
      type: 'array',
      prefixItems,
      items: false,
      minItems: prefixItems.length,
    })),
  )
  const unions = fc.oneof(
    fc.array(schema, { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.tuple(properties, properties).map((allOf) => ({ allOf })),
    fc.tuple(properties, properties, schema).map(([base, one, other]) => ({ ...base, anyOf: [one, other] })),
    fc.tuple(properties, properties, schema).map(([base, one, other]) => ({ ...base, oneOf: [one, other] })),
    fc
      .tuple(properties, properties)
      .map(([one, other]) => ({ oneOf: [tagged(one, 'one'), tagged(other, 'other')] })),
  )
  const leaf = fc.oneof(
    strings,
    numbers,
    values,
    fc.constantFrom<object>({ type: 'boolean' }, { type: ['null', 'boolean'] }),
  )
  return {
    schema: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, properties, lists, unions),
    object: properties,
  }
}).schema

function tagged(schema: { properties: object; required: string[] }, tag: string): object {
  const properties: Record<string, unknown> = { kind: null, ...schema.properties }
  properties['kind'] = { const: tag }
  return { ...schema, properties, required: [...new Set(['kind', ...schema.required])] }
}
