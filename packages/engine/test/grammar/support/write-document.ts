import { SeededRandom } from '@shardline/core'
import type { GrammarSpec, TokenTable } from '../../../src/index.ts'
import { createSampler, GrammarCompiler, resolveSampling } from '../../../src/index.ts'

export const STOP_TOKEN = 2
/** Every byte is a token too, after three without a text, of which one stops answers. */
const PIECES = [
  '{"',
  '":',
  '": ',
  '",',
  '", "',
  '"}',
  '{}',
  '[]',
  '[[',
  ']]',
  '}]',
  '],',
  ', ',
  'true',
  'false',
  'null',
  'name',
  'type',
  'value',
  'next',
  '12',
  '00',
  '3.5',
  '-1',
  '.0',
  'e+',
  'the ',
  'abc',
  '"a"',
  '\\n',
  '\\u00',
  '\\"',
  'ü',
  '漢',
  '🦊',
  'é"',
  '1,',
  '1]',
  '1}',
  '  ',
  '"\n',
]

const encoder = new TextEncoder()
const TEXTS: readonly (Uint8Array | undefined)[] = [
  undefined,
  undefined,
  undefined,
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...PIECES.map((piece) => encoder.encode(piece)),
  // Two tokens of the same text, as real vocabularies have them.
  encoder.encode('abc'),
]

export const VOCABULARY_SIZE: number = TEXTS.length + 5

export const smallVocabulary: TokenTable = {
  vocabularySize: VOCABULARY_SIZE,
  tokenBytes: (id: number): Uint8Array | undefined => TEXTS[id],
}

export const jsonSchema = (schema: unknown): GrammarSpec => ({
  type: 'json-schema',
  schema: JSON.stringify(schema),
})

export interface WrittenDocument {
  readonly text: string
  readonly tokens: number
  /** Whether a stop token ended it. */
  readonly isDone: boolean
}

export interface WriteInit {
  readonly seed: number
  readonly tokensMax: number
  /** Higher: more even. @default 1 */
  readonly temperature?: number
  readonly compiler?: GrammarCompiler
}

/** Writes one document by chance: the grammar alone keeps it right. */
export function writeDocument(spec: GrammarSpec, init: WriteInit): WrittenDocument {
  const compiler = init.compiler ?? new GrammarCompiler(smallVocabulary)
  const options = resolveSampling(
    { temperature: init.temperature ?? 1, seed: init.seed, grammar: spec, stopTokenIds: [STOP_TOKEN] },
    { vocabularySize: VOCABULARY_SIZE },
  )
  const sampler = createSampler(options, VOCABULARY_SIZE, { grammar: compiler.compile(spec) })
  const random = new SeededRandom(init.seed)
  const bytes: number[] = []
  for (let tokens = 0; tokens < init.tokensMax; tokens++) {
    const logits = Float32Array.from({ length: VOCABULARY_SIZE }, () => random.float() * 8)
    const { id, isStop } = sampler.next(logits)
    if (isStop) return { text: decode(bytes), tokens, isDone: true }
    bytes.push(...(TEXTS[id] ?? []))
  }
  return { text: decode(bytes), tokens: init.tokensMax, isDone: false }
}

function decode(bytes: readonly number[]): string {
  return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(Uint8Array.from(bytes))
}
