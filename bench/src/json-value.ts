/** Whether a value is an object with string keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The field as a number; NaN if it is none. */
export function numberField(value: unknown, field: string): number {
  const found = isRecord(value) ? value[field] : undefined
  return typeof found === 'number' ? found : Number.NaN
}

/** The field as text; `unknown` if there is none. */
export function textField(value: unknown, field: string): string {
  const found = isRecord(value) ? value[field] : undefined
  return typeof found === 'string' || typeof found === 'number' ? String(found) : 'unknown'
}
