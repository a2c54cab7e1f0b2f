import type { ToJson } from './shape.ts'

/** Writes a value as it travels: bigints as decimal strings, without fields that are undefined. */
export function toJson<T>(value: T): ToJson<T> {
  return convert(value) as ToJson<T>
}

function convert(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(convert)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, convert(field)]),
  )
}
