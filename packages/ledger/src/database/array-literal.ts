import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

/** Types of SQL that lists of values are passed as. */
export type ArrayType = 'uuid' | 'bigint' | 'integer' | 'smallint' | 'text' | 'bytea'

/**
 * A list of values as one parameter, in PostgreSQL's own text form (`{a,b}`): one statement writes any number of rows
 * through `unnest`, and PGlite and the server's driver need not agree on how to send arrays.
 */
export function sqlArray(
  type: ArrayType,
  values: readonly (string | number | bigint | Uint8Array | undefined)[],
): RawBuilder<unknown> {
  const text = `{${values.map((value) => literalOf(value)).join(',')}}`
  return sql`${text}::text::${sql.raw(type)}[]`
}

function literalOf(value: string | number | bigint | Uint8Array | undefined): string {
  if (value === undefined) return 'NULL'
  if (typeof value === 'string') return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString('hex')}"`
  return String(value)
}
