import { GrammarCompiler } from '../../../src/index.ts'
import { jsonSchema, smallVocabulary, STOP_TOKEN, VOCABULARY_SIZE } from './write-document.ts'

const compiler = new GrammarCompiler(smallVocabulary)
const STOPS = new Set([STOP_TOKEN])

/** Whether a text can be written for a schema, byte by byte, and may end there. */
export function accepts(schema: unknown, text: string): boolean {
  const cursor = compiler.compile(jsonSchema(schema)).start()
  const logits = new Float64Array(VOCABULARY_SIZE)
  for (const byte of new TextEncoder().encode(text)) {
    logits.fill(0)
    cursor.apply(logits, STOPS)
    if (logits[3 + byte] === -Infinity) return false
    cursor.accept(3 + byte)
  }
  logits.fill(0)
  cursor.apply(logits, STOPS)
  return logits[STOP_TOKEN] === 0
}
