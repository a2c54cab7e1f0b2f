import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCheckpoint } from '@shardline/model'
import t from 'tap'
import { randomModelFile } from '../src/random-model.ts'

const SHAPE = {
  layerCount: 2,
  hiddenSize: 64,
  feedForwardSize: 96,
  headCount: 4,
  kvHeadCount: 2,
  vocabularySize: 300,
  contextLength: 128,
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'shardline-bench-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

const digest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

t.test('makes a file that opens as the model it was asked for', async (t) => {
  await using folder = await temporaryFolder()
  const path = await randomModelFile({ shape: SHAPE, folder: folder.path })
  await using checkpoint = await openCheckpoint(path, { cacheFolder: folder.path })
  const { layerCount, hiddenSize, feedForwardSize, headCount, kvHeadCount, vocabularySize, contextLength } =
    checkpoint.config
  t.same(
    { layerCount, hiddenSize, feedForwardSize, headCount, kvHeadCount, vocabularySize, contextLength },
    SHAPE,
  )
  t.equal(checkpoint.tensors.get('blk.1.ffn_down.weight')?.dtype, 'Q4_0')
  const tokenizer = await checkpoint.tokenizer()
  t.ok(tokenizer.encode('a fox').length >= 2)
})

t.test('makes a file once, the same for the same seed, and leaves no half of one', async (t) => {
  await using folder = await temporaryFolder()
  await using other = await temporaryFolder()
  const init = { shape: SHAPE, folder: folder.path }
  const path = await randomModelFile(init)
  const madeMs = (await stat(path)).mtimeMs
  t.equal(await randomModelFile(init), path)
  t.equal((await stat(path)).mtimeMs, madeMs)
  t.same((await readdir(folder.path)).length, 1)
  t.equal(await digest(await randomModelFile({ ...init, folder: other.path })), await digest(path))
  t.not(await digest(await randomModelFile({ ...init, seed: 2 })), await digest(path))
})
