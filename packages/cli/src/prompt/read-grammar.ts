import type { GrammarSpec } from '@shardline/engine'
import { checkGrammar, GRAMMAR_SCHEMA_BYTES_MAX } from '@shardline/engine'
import type { Terminal } from '../console/terminal.ts'
import type { AnswerFormatFlags } from '../options/answer-format-flags.ts'
import { readText } from './read-text.ts'

/**
 * What the flags say that the answer has to be; undefined if they say nothing.
 *
 * @throws InputUnreadableError, and what checkGrammar throws.
 */
export async function readGrammar(
  flags: Partial<AnswerFormatFlags>,
  terminal: Terminal,
): Promise<GrammarSpec | undefined> {
  if (flags.jsonSchema === undefined) return flags.jsonObject === true ? { type: 'json-object' } : undefined
  const schema = await readText(flags.jsonSchema, terminal, GRAMMAR_SCHEMA_BYTES_MAX)
  const grammar = { type: 'json-schema', schema } as const
  checkGrammar(grammar)
  return grammar
}
