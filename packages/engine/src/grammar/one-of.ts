import type { Json, SchemaNode } from './schema-document.ts'
import { keywordOf } from './schema-document.ts'
import type { ObjectPart, Shape } from './shape.ts'
import { allowsType, comparableText, isListingProperties, typeOfValue } from './shape.ts'
import type { JsonType } from './schema-keywords.ts'
import { JSON_TYPES } from './schema-keywords.ts'

/**
 * Whether no document that is written for `written` can match `other`. It looks at types, listed values, and required
 * properties; where these leave it open the answer is no, although it may be so.
 */
export function isToldApart(written: Shape, other: Shape): boolean {
  const types = JSON_TYPES.filter((type) => allowsType(written.types, type) && allowsType(other.types, type))
  if (types.length === 0) return true
  if (areApart(written.values, other.values)) return true
  const values = written.values
  if (values !== undefined && values.every((value) => !allowsType(other.types, typeOfValue(value))))
    return true
  return types.every((type) => type === 'object') && areObjectsApart(written, other)
}

function areObjectsApart(written: Shape, other: Shape): boolean {
  const isWriter = written.values === undefined
  if (!isWriter) return false
  if (other.required.some((name) => !mayWrite(written, name))) return true
  return written.required.some(
    (name) => mustBeAbsent(other, name) || arePropertiesApart(written.objects, other.objects, name),
  )
}

/** Whether documents that are written for a shape can have a property. */
function mayWrite(shape: Shape, name: string): boolean {
  if (shape.required.includes(name)) return true
  if (shape.objects.some(({ properties }) => properties.has(name))) return !mustBeAbsent(shape, name)
  const said = shape.objects.flatMap(({ additional }) => additional ?? [])
  if (said.length === 0) return !isListingProperties(shape)
  return said.every(({ value }) => value !== false)
}

function mustBeAbsent(shape: Shape, name: string): boolean {
  return shape.objects.some(({ properties, additional }) => {
    const own = properties.get(name)
    return own === undefined ? additional?.value === false : own.value === false
  })
}

function arePropertiesApart(
  written: readonly ObjectPart[],
  other: readonly ObjectPart[],
  name: string,
): boolean {
  const ours = written.flatMap(({ properties }) => properties.get(name) ?? [])
  const theirs = other.flatMap(({ properties }) => properties.get(name) ?? [])
  return ours.some((one) =>
    theirs.some((two) => areApart(listedValues(one), listedValues(two)) || areTypesApart(one, two)),
  )
}

function areApart(one: readonly Json[] | undefined, two: readonly Json[] | undefined): boolean {
  if (one === undefined || two === undefined) return false
  const texts = new Set(one.map(comparableText))
  return !two.some((value) => texts.has(comparableText(value)))
}

function areTypesApart(one: SchemaNode, two: SchemaNode): boolean {
  const ours = namedTypes(one)
  const theirs = namedTypes(two)
  if (ours === undefined || theirs === undefined) return false
  return !JSON_TYPES.some((type) => allowsType(ours, type) && allowsType(theirs, type))
}

function listedValues({ value }: SchemaNode): readonly Json[] | undefined {
  if (typeof value === 'boolean') return undefined
  if (Object.hasOwn(value, 'const')) return [keywordOf(value, 'const') ?? null]
  const list = keywordOf(value, 'enum')
  return Array.isArray(list) ? (list as readonly Json[]) : undefined
}

function namedTypes({ value }: SchemaNode): ReadonlySet<JsonType> | undefined {
  const given = typeof value === 'boolean' ? undefined : keywordOf(value, 'type')
  if (given === undefined) return undefined
  return new Set((Array.isArray(given) ? given : [given]) as readonly JsonType[])
}
