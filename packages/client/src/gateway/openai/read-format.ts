import type { AskGrammar } from '@shardline/wire'
import { SCHEMA_CHARS_MAX } from '@shardline/wire'
import type { RequestFields } from '../answer/request-fields.ts'
import { GatewayFieldError } from '../gateway-errors.ts'

const TYPES = ['text', 'json_object', 'json_schema'] as const

/**
 * Reads what an answer has to be. `schemaField` is where the schema's object is: `json_schema` in a chat's
 * `response_format`; undefined if it stands in the format itself, as in `text.format` of a response.
 */
export function readFormat(
  format: RequestFields | undefined,
  schemaField: string | undefined,
): AskGrammar | null {
  if (format === undefined) return null
  const type = format.choice('type', TYPES)
  if (type === undefined) throw new GatewayFieldError(format.path('type'), `one of ${TYPES.join(', ')}`)
  if (type === 'text') {
    format.end()
    return null
  }
  if (type === 'json_object') {
    format.end()
    return { type: 'json-object' }
  }
  const holder = schemaField === undefined ? format : format.fields(schemaField)
  if (holder === undefined) throw new GatewayFieldError(format.path('json_schema'), 'given, as an object')
  holder.requiredText('name')
  // An answer is held to its schema in any case.
  holder.flag('strict')
  holder.text('description')
  const schema = holder.value('schema')
  holder.end()
  format.end()
  return { type: 'json-schema', schema: schemaText(schema, holder.path('schema')) }
}

/** Writes a schema as text; what it may say is checked where answers are held to it. */
export function schemaText(schema: unknown, param: string): string {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new GatewayFieldError(param, 'a JSON schema, as an object')
  }
  const text = JSON.stringify(schema)
  if (text.length > SCHEMA_CHARS_MAX) {
    throw new GatewayFieldError(param, `a JSON schema of at most ${SCHEMA_CHARS_MAX} characters`)
  }
  return text
}
