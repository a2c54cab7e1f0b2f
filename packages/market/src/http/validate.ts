import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Value } from '@sinclair/typebox/value'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from '@sinclair/typebox'

/**
 * Compiles checks. Bodies are taken as they are; numbers in paths and queries are read from their text first.
 * Stops at the first fault: a body of a million wrong items must not cost a million messages.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = TypeCompiler.Compile(schema)
  return (value: unknown) => {
    const read: unknown = httpPart === 'body' ? value : Value.Convert(schema, value)
    if (check.Check(read)) return { value: read }
    const first = check.Errors(read).First()
    return { error: [{ message: describe(first?.message), instancePath: first?.path ?? '' }] as never }
  }
}

function describe(message: string | undefined): string {
  return (message ?? 'as the schema says').replace(/^Expected /, '')
}
