import { TypeCompiler } from '@sinclair/typebox/compiler'
import { ValueErrorType } from '@sinclair/typebox/errors'
import type { ValueError } from '@sinclair/typebox/errors'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from '@sinclair/typebox'

/**
 * Compiles checks. Bodies are taken as they are; numbers in paths and queries are read from their text first.
 * Stops at the first fault: a body of a million wrong items must not cost a million messages.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = TypeCompiler.Compile(schema)
  return (value: unknown) => {
    const read: unknown = httpPart === 'body' ? value : readNumbers(schema, value)
    if (check.Check(read)) return { value: read }
    const first = check.Errors(read).First()
    return { error: [{ message: describe(first?.message), instancePath: placeOf(first) }] as never }
  }
}

const WHOLE = /^(?:0|[1-9]\d{0,15})$/

/** Reads what are whole numbers to the schema, and only where the text is exactly one: `1e3` and `7up` are none. */
function readNumbers(schema: TSchema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const fields = (schema['properties'] ?? {}) as Readonly<Record<string, TSchema>>
  return Object.fromEntries(
    Object.entries(value).map(([name, text]: [string, unknown]) => {
      const isNumber = fields[name]?.['type'] === 'integer' && typeof text === 'string' && WHOLE.test(text)
      return [name, isNumber ? Number(text) : text]
    }),
  )
}

const NAME = /\/[A-Za-z][A-Za-z0-9]{0,31}$/

/** Where a value is wrong. Names of fields that a schema doesn't know are repeated only if they can be no text. */
function placeOf(fault: ValueError | undefined): string {
  const path = fault?.path ?? ''
  if (fault?.type !== ValueErrorType.ObjectAdditionalProperties || NAME.test(path)) return path
  return path.slice(0, path.lastIndexOf('/'))
}

function describe(message: string | undefined): string {
  return (message ?? 'as the schema says').replace(/^Expected /, '')
}
