import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GgufValue } from '../../src/gguf/metadata.ts'
import { STORYTELLER } from './test-models.ts'

/** Ids of texts by the Python reference, with the storyteller's vocabulary and several pre-tokenizers. */
export interface ByteLevelReference {
  readonly texts: readonly string[]
  /** By name of the pre-tokenizer. */
  readonly ids: Readonly<Record<string, readonly (readonly number[])[]>>
  readonly sequences: readonly (readonly number[])[]
  readonly decoded: readonly string[]
}

/** A SentencePiece model and ids of texts by the Python reference. */
export interface SentencePieceReference {
  readonly tokens: readonly string[]
  readonly scores: readonly number[]
  readonly types: readonly number[]
  readonly bos: number
  readonly eos: number
  readonly unk: number
  readonly texts: readonly string[]
  readonly ids: readonly (readonly number[])[]
}

async function readFixture<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../tokenizer/${name}`, import.meta.url), 'utf8')) as T
}

export const readByteLevelReference = (): Promise<ByteLevelReference> =>
  readFixture('byte-level-reference.json')
export const readSentencePieceReference = (): Promise<SentencePieceReference> =>
  readFixture('sentence-piece-reference.json')

/** The GGUF header that a SentencePiece model would have. */
export function sentencePieceMetadata(reference: SentencePieceReference): Map<string, GgufValue> {
  return new Map<string, GgufValue>([
    ['tokenizer.ggml.model', 'llama'],
    ['tokenizer.ggml.tokens', reference.tokens],
    ['tokenizer.ggml.scores', reference.scores],
    ['tokenizer.ggml.token_type', reference.types],
    ['tokenizer.ggml.bos_token_id', reference.bos],
    ['tokenizer.ggml.eos_token_id', reference.eos],
    ['tokenizer.ggml.unknown_token_id', reference.unk],
  ])
}

/** The GGUF header that the storyteller would have. */
export async function storytellerMetadata(preTokenizer: string): Promise<Map<string, GgufValue>> {
  const definition = JSON.parse(await readFile(join(STORYTELLER, 'tokenizer.json'), 'utf8')) as {
    readonly model: {
      readonly vocab: Readonly<Record<string, number>>
      readonly merges: readonly (string | readonly string[])[]
    }
    readonly added_tokens: readonly { readonly id: number }[]
  }
  const tokens: string[] = []
  for (const [token, id] of Object.entries(definition.model.vocab)) tokens[id] = token
  const special = new Set(definition.added_tokens.map(({ id }) => id))
  return new Map<string, GgufValue>([
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', preTokenizer],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.token_type', tokens.map((_, id) => (special.has(id) ? 3 : 1))],
    [
      'tokenizer.ggml.merges',
      definition.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
    ],
    ['tokenizer.ggml.bos_token_id', 0],
    ['tokenizer.ggml.eos_token_id', 1],
    ['tokenizer.ggml.add_bos_token', false],
  ])
}

/** The header with one entry replaced. */
export function withEntry(
  metadata: ReadonlyMap<string, GgufValue>,
  key: string,
  value: GgufValue | undefined,
): ReadonlyMap<string, GgufValue> {
  const copy = new Map(metadata)
  if (value === undefined) copy.delete(key)
  else copy.set(key, value)
  return copy
}
