import type { EmbeddingTable, ModelConfig, Tokenizer } from '@shardline/model'

/** A model of integers: a token depends on every token before it, and on every layer running once and in order. */
export const TOY_HIDDEN = 4
export const TOY_VOCABULARY = 97
const PRIME = 65_521

export const toyConfig = (layerCount: number): ModelConfig => ({
  family: 'llama',
  layerCount,
  hiddenSize: TOY_HIDDEN,
  feedForwardSize: 8,
  headCount: 1,
  kvHeadCount: 1,
  headSize: 4,
  vocabularySize: TOY_VOCABULARY,
  contextLength: 4096,
  normEpsilon: 1e-5,
  rope: { theta: 1e4, scaling: { kind: 'none' } },
  hasQkvBias: false,
  hasAttentionOutputBias: false,
  hasFeedForwardBias: false,
  hasQkNorm: false,
  isTied: true,
  bosTokenId: undefined,
  eosTokenIds: [0],
})

/** Row of a token: its id, then zeros. */
export function toyEmbeddings(options: { readonly failFor?: number } = {}): EmbeddingTable {
  return {
    hiddenSize: TOY_HIDDEN,
    vocabularySize: TOY_VOCABULARY,
    rows: async (ids) => {
      const rows = new Float32Array(ids.length * TOY_HIDDEN)
      for (const [index, id] of ids.entries()) {
        if (id === options.failFor) throw new Error(`the row of ${id} can't be read`)
        rows[index * TOY_HIDDEN] = id
      }
      return rows
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** Writes an id as two letters, so that stop strings can lie across tokens. */
export const toyText = (id: number): string =>
  String.fromCodePoint(97 + Math.floor(id / 10)) + String.fromCodePoint(97 + (id % 10))

export const toyTokenizer: Tokenizer = {
  vocabularySize: TOY_VOCABULARY,
  specialTokenIds: new Set([0]),
  encode: () => [],
  decode: (ids) => ids.map(toyText).join(''),
  tokenBytes: (id) => (id === 0 ? undefined : new TextEncoder().encode(toyText(id))),
  stream: () => ({ push: toyText, end: () => '' }),
}

/** Hash of the ids that a cache holds. */
export function toyHash(ids: readonly number[]): number {
  let hash = 0
  for (const id of ids) hash = (hash * 33 + id + 1) % PRIME
  return hash
}

/** One layer over one row in place, given the ids in its cache up to this row. */
export function toyLayer(row: Float32Array, layer: number, hash: number): void {
  row[1] = ((row[1] ?? 0) + hash + layer) % PRIME
  row[2] = ((row[2] ?? 0) * 31 + layer + 1) % PRIME
}

/** What a row must hold in place 2 after all layers. */
export function toyOrder(layerCount: number): number {
  let order = 0
  for (let layer = 0; layer < layerCount; layer++) order = (order * 31 + layer + 1) % PRIME
  return order
}

/** The token after a row; never 0, which is the stop token. */
export const toyNext = (row: Float32Array): number => 1 + (((row[1] ?? 0) * 7 + 3) % (TOY_VOCABULARY - 1))

/** Log-probability of `target` after a row. */
export const toyLogprob = (row: Float32Array, target: number): number =>
  -(((row[1] ?? 0) * 13 + target) % 1000) / 100

/** The row after all layers at the end of `ids`. */
export function toyRow(ids: readonly number[], layerCount: number): Float32Array {
  const row = new Float32Array(TOY_HIDDEN)
  for (let layer = 0; layer < layerCount; layer++) toyLayer(row, layer, toyHash(ids))
  return row
}

/** The answer of one machine to `prompt`. */
export function toyAnswer(prompt: readonly number[], count: number, layerCount: number): readonly number[] {
  const ids = [...prompt]
  for (let i = 0; i < count; i++) ids.push(toyNext(toyRow(ids, layerCount)))
  return ids.slice(prompt.length)
}
