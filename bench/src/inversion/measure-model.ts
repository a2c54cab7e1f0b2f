import type { Checkpoint, EmbeddingTable } from '@shardline/model'
import type { CollectedStates } from './collect-states.ts'
import { collectStates } from './collect-states.ts'
import type { Rows } from './dot-products.ts'
import { normalizeRows, rowAt } from './dot-products.ts'
import type { InversionBenchOptions } from './inversion-bench-options.ts'
import type { CutSample, MatchSample, ModelNote } from './inversion-results.ts'
import type { LinearMap } from './linear-map.ts'
import { fitLinearMap } from './linear-map.ts'
import { interleave, openLikelyTokens } from './likely-tokens.ts'
import type { LikelyTokens } from './likely-tokens.ts'
import { matchPrompt } from './match-prompt.ts'
import { orderRows, rankRows, sharesOf } from './rank-rows.ts'
import type { Documents } from './read-documents.ts'
import { firstTokens } from './read-documents.ts'
import type { StageChain } from './stage-chain.ts'
import { openStageChain } from './stage-chain.ts'

/** A prompt as a person might write it, with names and numbers that no model can guess. */
const PROMPT =
  'Please write to my landlord, Mrs. Okonkwo, that I will pay the 1,340 dollars for March late because my daughter Lina broke her arm.'

/** Rows of the embedding table that are read at once. */
const TABLE_ROWS_AT_ONCE = 4096

/** What {@link measureModel} works with. */
export interface MeasureModelInit {
  readonly model: string
  readonly checkpoint: Checkpoint
  readonly embeddings: EmbeddingTable
  readonly documents: Documents
  readonly cacheFolder: string
  readonly options: InversionBenchOptions
  readonly onStatus: (text: string) => void
}

/** What was found out about one model. */
export interface ModelMeasurements {
  readonly note: ModelNote
  readonly cuts: readonly CutSample[]
  readonly matches: readonly MatchSample[]
}

/** Tries all ways to rebuild texts at every cut of a model. */
export async function measureModel(init: MeasureModelInit): Promise<ModelMeasurements> {
  const { model, checkpoint, embeddings, documents, options, onStatus } = init
  const { encode, decode, encodeChat } = await textFunctions(checkpoint)
  await using chain = await openStageChain(checkpoint, init.cacheFolder)
  onStatus(`${model}: hidden states of the documents`)
  const collect = (texts: readonly (readonly number[])[]): Promise<CollectedStates> =>
    collectStates(chain, embeddings, texts)
  const train = await collect(firstTokens(documents.train.map(encode), options.trainTokens))
  const test = await collect(firstTokens(documents.test.map(encode), options.testTokens))
  const chat = encodeChat(PROMPT)
  const known = commonPrefix(chat, encodeChat('?'))
  const prompt = await collect([chat.slice(0, known.length + options.promptTokens)])
  await using likely = await openLikelyTokens(
    { checkpoint, embeddings, chain },
    { cacheFolder: init.cacheFolder, tokensMax: prompt.ids.length },
  )
  const table = normalizeRows(await readTable(embeddings))
  const cuts: CutSample[] = []
  const matches: MatchSample[] = []
  for (const [index, cut] of chain.cuts.entries()) {
    onStatus(`${model}: cut after ${cut} layers`)
    const { sample, map } = measureCut({ model, cut, table, train, test, index })
    cuts.push(sample)
    const observed = prompt.byCut[index]
    if (cut === 0 || observed === undefined) continue
    const match = await rebuildPrompt(init, {
      chain,
      cut,
      table,
      map,
      likely,
      observed,
      known,
      ids: prompt.ids,
    })
    matches.push({ ...match, model, cut, text: decode(match.rebuilt) })
  }
  const learnt = new Set(train.ids)
  const { layerCount: layers, hiddenSize, vocabularySize } = checkpoint.config
  const note: ModelNote = {
    model,
    layers,
    hiddenSize,
    vocabularySize,
    trainTokens: train.ids.length,
    testTokens: test.ids.length,
    unseenTokens: test.ids.filter((id) => !learnt.has(id)).length,
    prompt: decode(prompt.ids.slice(known.length)),
    knownTokens: known.length,
  }
  return { note, cuts, matches }
}

interface TextFunctions {
  readonly encode: (text: string) => readonly number[]
  readonly decode: (ids: readonly number[]) => string
  /** As a driver writes a chat of one turn; without a template the text as it is. */
  readonly encodeChat: (text: string) => readonly number[]
}

async function textFunctions(checkpoint: Checkpoint): Promise<TextFunctions> {
  const tokenizer = await checkpoint.tokenizer()
  const template = checkpoint.chatTemplate()
  const chatText = (content: string): string => template?.render([{ role: 'user', content }]) ?? content
  return {
    encode: (text) => tokenizer.encode(text),
    decode: (ids) => tokenizer.decode(ids),
    encodeChat: (text) => tokenizer.encode(chatText(text)),
  }
}

function commonPrefix(a: readonly number[], b: readonly number[]): readonly number[] {
  const end = a.findIndex((id, i) => id !== b[i])
  return end < 0 ? a : a.slice(0, end)
}

async function readTable(embeddings: EmbeddingTable): Promise<Rows> {
  const { hiddenSize: size, vocabularySize } = embeddings
  const values = new Float32Array(size * vocabularySize)
  for (let first = 0; first < vocabularySize; first += TABLE_ROWS_AT_ONCE) {
    const count = Math.min(TABLE_ROWS_AT_ONCE, vocabularySize - first)
    values.set(await embeddings.rows(Array.from({ length: count }, (_, i) => first + i)), first * size)
  }
  return { size, values }
}

interface CutInit {
  readonly model: string
  readonly cut: number
  /** Place of the cut in the chain. */
  readonly index: number
  readonly table: Rows
  readonly train: CollectedStates
  readonly test: CollectedStates
}

function measureCut(init: CutInit): { readonly sample: CutSample; readonly map: LinearMap } {
  const { model, cut, index, table, train, test } = init
  const trainStates = train.byCut[index] ?? EMPTY
  const testStates = test.byCut[index] ?? EMPTY
  const map = fitLinearMap(trainStates, rowsOf(table, train.ids))
  const linearRanks = rankRows(table, map.apply(testStates), test.ids)
  const known = new Set(train.ids)
  const sample: CutSample = {
    model,
    cut,
    nearest: sharesOf(rankRows(table, testStates, test.ids)),
    linear: sharesOf(linearRanks),
    linearUnseen: sharesOf(linearRanks.filter((_, i) => !known.has(test.ids[i] ?? -1))),
  }
  return { sample, map }
}

const EMPTY: Rows = { size: 1, values: new Float32Array(0) }

function rowsOf(table: Rows, ids: readonly number[]): Rows {
  const values = new Float32Array(ids.length * table.size)
  for (const [index, id] of ids.entries()) values.set(rowAt(table, id), index * table.size)
  return { size: table.size, values }
}

interface RebuildInit {
  readonly chain: StageChain
  readonly cut: number
  readonly table: Rows
  readonly map: LinearMap
  /** States of the prompt at the cut. */
  readonly observed: Rows
  readonly likely: LikelyTokens
  readonly known: readonly number[]
  /** All of the prompt, to compare with. */
  readonly ids: readonly number[]
}

type Rebuilt = Omit<MatchSample, 'model' | 'cut' | 'text'> & { readonly rebuilt: readonly number[] }

async function rebuildPrompt(init: MeasureModelInit, prompt: RebuildInit): Promise<Rebuilt> {
  const { chain, cut, table, map, observed, known, ids } = prompt
  const guesses = map.apply(observed)
  const found = await matchPrompt({
    chain,
    cut,
    embeddings: init.embeddings,
    known,
    observed,
    candidates: async (prefix) => {
      // Behind nothing the model has no guess.
      const likely = prefix.length === 0 ? [] : await prompt.likely.after(prefix)
      const alike = orderRows(table, rowAt(guesses, prefix.length))
      return interleave(alike, likely).slice(0, init.options.candidatesMax)
    },
  })
  const secret = ids.slice(known.length)
  return {
    tokens: secret.length,
    right: found.ids.filter((id, position) => id === secret[position]).length,
    equal: found.equal,
    candidates: found.tried.reduce((sum, tried) => sum + tried, 0),
    candidatesMost: Math.max(...found.tried),
    wrongDistance: found.wrongDistance,
    rebuilt: found.ids,
  }
}
