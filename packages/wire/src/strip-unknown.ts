import type { TSchema } from '@sinclair/typebox'
import { KindGuard } from '@sinclair/typebox'

/**
 * A copy of `value` without the map fields that `schema` doesn't name, at every depth.
 * What isn't of the schema's form stays as it is, for the check to refuse.
 */
export function stripUnknown(schema: TSchema, value: unknown): unknown {
  if (KindGuard.IsUnion(schema)) return stripVariant(schema.anyOf, value)
  if (Array.isArray(value)) {
    if (KindGuard.IsArray(schema)) return value.map((entry: unknown) => stripUnknown(schema.items, entry))
    return value
  }
  if (!KindGuard.IsObject(schema) || typeof value !== 'object' || value === null) return value
  const fields = value as Readonly<Record<string, unknown>>
  const known: Record<string, unknown> = {}
  for (const [name, fieldSchema] of Object.entries(schema.properties)) {
    if (Object.hasOwn(fields, name)) known[name] = stripUnknown(fieldSchema, fields[name])
  }
  return known
}

/** The catalogue's unions are of literals, or of null and one map: at most one variant has fields to strip. */
function stripVariant(variants: readonly TSchema[], value: unknown): unknown {
  const map = variants.find((variant) => KindGuard.IsObject(variant))
  return map === undefined ? value : stripUnknown(map, value)
}
