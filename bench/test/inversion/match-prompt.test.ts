import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import t from 'tap'
import { collectStates } from '../../src/inversion/collect-states.ts'
import { matchPrompt } from '../../src/inversion/match-prompt.ts'
import { openStageChain } from '../../src/inversion/stage-chain.ts'

const MODEL = fileURLToPath(new URL('../../../models/storyteller', import.meta.url))
const PROMPT = [101, 202, 303, 404]
/** None of the prompt is among the first eight, so every position takes a second batch. */
const CANDIDATES = [7, 8, 9, 10, 11, 12, 13, 14, ...PROMPT]

t.test('rebuilds a prompt from what the last worker sends, byte for byte', async (t) => {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-inversion-'))
  t.teardown(() => rm(cacheFolder, { recursive: true }))
  await using checkpoint = await openCheckpoint(MODEL, { cacheFolder })
  await using embeddings = await openEmbeddingTable(checkpoint)
  await using chain = await openStageChain(checkpoint, cacheFolder)
  t.same(chain.cuts, [0, 1, 2, 4, 6, 8])
  const { byCut } = await collectStates(chain, embeddings, [PROMPT])
  const observed = byCut.at(-1) ?? { size: 0, values: new Float32Array(0) }
  const attack = { chain, cut: 8, embeddings, observed, known: [] }
  const found = await matchPrompt({ ...attack, candidates: async () => CANDIDATES })
  t.match(found, { ids: PROMPT, equal: 4, tried: [12, 12, 12, 12] })
  t.ok(found.wrongDistance > 0)
  const behind = await matchPrompt({
    ...attack,
    known: PROMPT.slice(0, 2),
    candidates: async () => CANDIDATES,
  })
  t.match(behind, { ids: PROMPT.slice(2), equal: 2, tried: [12, 12] })
  const missed = await matchPrompt({ ...attack, candidates: async () => CANDIDATES.slice(0, 8) })
  t.match(missed, { ids: [], equal: 0, tried: [8] }, 'ends where no candidate comes near')
})
