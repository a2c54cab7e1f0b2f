import t from 'tap'
import { SeededRandom } from '@shardline/core'
import type { TensorDtype } from '../src/checkpoint.ts'
import { TENSOR_DTYPES, TENSOR_FORMATS } from '../src/format/registry.ts'
import { encodeGguf } from '../src/gguf/gguf-writer.ts'
import { openCheckpoint, openCheckpointFiles } from '../src/open-checkpoint.ts'
import { openEmbeddingTable } from '../src/open-embedding-table.ts'
import { MemoryFiles } from './support/memory-files.ts'
import { tempFolder } from './support/temp-folder.ts'
import { STORYTELLER } from './support/test-models.ts'
import {
  TINY,
  encodeFloats,
  randomBlocks,
  tinyGgufTensors,
  tinyHuggingFace,
  tinyMetadata,
  tinyTensors,
} from './support/tiny-model.ts'

const WIDTH = 256

/** A model of width 256, which all formats divide, with an embedding matrix of the given format. */
function checkpointWith(dtype: TensorDtype): { files: MemoryFiles; values: Float32Array } {
  const random = new SeededRandom(8)
  const { blockElements, dequantize } = TENSOR_FORMATS[dtype]
  const count = TINY.vocabulary * WIDTH
  const plain = Float32Array.from({ length: count }, () => random.float() - 0.5)
  const isPlain = dtype === 'F32' || dtype === 'F16' || dtype === 'BF16'
  const bytes = isPlain ? encodeFloats(plain, dtype) : randomBlocks(dtype, count / blockElements, random)
  const values = new Float32Array(count)
  dequantize(bytes, values)
  const shapeOf = (shape: readonly number[]): readonly number[] =>
    shape.map((size) => (size === TINY.hidden ? WIDTH : size === TINY.headSize ? 128 : size))
  const tensors = tinyGgufTensors(tinyTensors(random)).map((tensor) => {
    if (tensor.name === 'token_embd.weight')
      return { ...tensor, dtype, shape: [TINY.vocabulary, WIDTH], bytes: () => bytes }
    const shape = shapeOf(tensor.shape)
    return {
      ...tensor,
      shape,
      bytes: () => new Uint8Array(shape.reduce((product, size) => product * size, 4)),
    }
  })
  const metadata = tinyMetadata()
  metadata.set('llama.embedding_length', { type: 'u32', value: WIDTH })
  metadata.set('llama.attention.key_length', { type: 'u32', value: 128 })
  return { files: new MemoryFiles({ 'm.gguf': encodeGguf({ metadata, tensors }) }), values }
}

for (const dtype of TENSOR_DTYPES) {
  t.test(`rows of ${dtype} are the exact values of the format`, async (t) => {
    const { files, values } = checkpointWith(dtype)
    await using checkpoint = await openCheckpointFiles(files)
    await using table = await openEmbeddingTable(checkpoint)
    const ids = [39, 0, 7, 7, 0]
    const rows = await table.rows(ids)
    const expected = ids.flatMap((id) => [...values.subarray(id * WIDTH, (id + 1) * WIDTH)])
    t.strictSame([...rows], expected)
    t.match(table, { hiddenSize: WIDTH, vocabularySize: TINY.vocabulary })
  })
}

t.test('reads a row once while it is in use, and keeps no more rows than allowed', async (t) => {
  const files = tinyHuggingFace(tinyTensors(new SeededRandom(9)))
  await using checkpoint = await openCheckpointFiles(files)
  await using table = await openEmbeddingTable(checkpoint, { rowsMax: 2 })
  const rowsRead = async (ids: readonly number[]): Promise<number> => {
    const before = files.readBytes
    await table.rows(ids)
    return (files.readBytes - before) / (TINY.hidden * 4)
  }
  t.equal(await rowsRead([1, 1, 2]), 2)
  t.equal(await rowsRead([1]), 0)
  t.equal(await rowsRead([3]), 1, 'takes the place of 2, which was used longest ago')
  t.equal(await rowsRead([1]), 0)
  t.equal(await rowsRead([2]), 1)
  t.equal(await rowsRead([4, 5, 6, 7]), 4, 'more at once than are kept')
  t.strictSame(await table.rows([4, 5, 6, 7]), await table.rows([4, 5, 6, 7]))
})

t.test('refuses ids outside the vocabulary and a limit that is none', async (t) => {
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(tinyTensors(new SeededRandom(9))))
  await using table = await openEmbeddingTable(checkpoint)
  for (const id of [-1, 40, 0.5, NaN]) {
    await t.rejects(table.rows([0, id]), { code: 'MODEL_TOKEN_ID_OUT_OF_RANGE', message: /0 to 39/ })
  }
  await t.rejects(openEmbeddingTable(checkpoint, { rowsMax: 0 }), { code: 'CORE_INVALID_VALUE' })
  t.equal((await table.rows([])).length, 0)
})

t.test('refuses a row that holds no numbers', async (t) => {
  const tensors = tinyTensors(new SeededRandom(9))
  const embedding = tensors.get('model.embed_tokens.weight')
  embedding?.values.fill(NaN, 3 * TINY.hidden, 3 * TINY.hidden + 1)
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(tensors))
  await using table = await openEmbeddingTable(checkpoint)
  await t.rejects(table.rows([2, 3]), { code: 'MODEL_TENSOR_NOT_FINITE' })
  t.equal((await table.rows([2])).length, TINY.hidden)
})

t.test('the bundled model has finite rows for its whole vocabulary', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpoint(STORYTELLER, { cacheFolder: cache.path })
  await using table = await openEmbeddingTable(checkpoint, { rowsMax: 64 })
  const rows = await table.rows(Array.from({ length: table.vocabularySize }, (_, id) => id))
  t.equal(rows.length, 2048 * 256)
  t.ok(rows.every((value) => Number.isFinite(value)))
})
