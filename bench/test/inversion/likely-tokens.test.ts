import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import t from 'tap'
import { interleave, openLikelyTokens } from '../../src/inversion/likely-tokens.ts'
import { openStageChain } from '../../src/inversion/stage-chain.ts'

const MODEL = fileURLToPath(new URL('../../../models/storyteller', import.meta.url))

t.test('takes from each order in turns, and each id once', async (t) => {
  t.same(interleave([5, 1, 2], [1, 7]), [5, 1, 7, 2])
  t.same(interleave([3, 4], []), [3, 4])
  t.same(interleave(), [])
})

t.test('orders all tokens, the same way whether a text is grown or given at once', async (t) => {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-likely-'))
  t.teardown(() => rm(cacheFolder, { recursive: true }))
  await using checkpoint = await openCheckpoint(MODEL, { cacheFolder })
  await using embeddings = await openEmbeddingTable(checkpoint)
  await using chain = await openStageChain(checkpoint, cacheFolder)
  await using likely = await openLikelyTokens(
    { checkpoint, embeddings, chain },
    { cacheFolder, tokensMax: 16 },
  )
  const ids = (await checkpoint.tokenizer()).encode('Once upon a time')
  for (let length = 1; length < ids.length; length++) await likely.after(ids.slice(0, length))
  const grown = await likely.after(ids)
  t.equal(new Set(grown).size, embeddings.vocabularySize)
  await likely.after([7])
  t.same(await likely.after(ids), grown)
  t.not(grown[0], (await likely.after([7]))[0])
})
