import { compileSchema } from './compile-schema.ts'
import { GRAMMAR_SCHEMA_BYTES_MAX, GRAMMAR_SCHEMA_DEPTH_MAX, GRAMMAR_SIZE_MAX } from './grammar-limits.ts'
import type { GrammarSpec } from './grammar-spec.ts'
import { SchemaDocument } from './schema-document.ts'

/**
 * Checks a grammar without a vocabulary, so that whoever takes a request can refuse it before it costs anything.
 * Takes as long as compiling it: milliseconds, and less than a second for a hostile one.
 *
 * @throws GrammarSchemaTooLargeError, GrammarSchemaInvalidError, GrammarKeywordUnsupportedError,
 * GrammarPatternUnsupportedError, GrammarReferenceError, GrammarUnsatisfiableError, GrammarTooComplexError.
 */
export function checkGrammar(spec: GrammarSpec): void {
  if (spec.type === 'json-object') return
  const bounds = { bytesMax: GRAMMAR_SCHEMA_BYTES_MAX, depthMax: GRAMMAR_SCHEMA_DEPTH_MAX }
  compileSchema(new SchemaDocument(spec.schema, bounds), { sizeMax: GRAMMAR_SIZE_MAX, tokenBytesMost: 1 })
}
