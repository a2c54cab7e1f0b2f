import t from 'tap'
import { SeededRandom } from '@shardline/core'
import { encodeGguf } from '../src/gguf/gguf-writer.ts'
import { openCheckpoint, openCheckpointFiles } from '../src/open-checkpoint.ts'
import { MemoryFiles } from './support/memory-files.ts'
import { encodeSafetensors } from './support/safetensors-writer.ts'
import { tempFolder } from './support/temp-folder.ts'
import { SKIP_WITHOUT_MODELS, STORYTELLER, testModel } from './support/test-models.ts'
import {
  encodeFloats,
  tinyConfig,
  tinyGguf,
  tinyGgufTensors,
  tinyHuggingFace,
  tinyMetadata,
  tinyTensors,
} from './support/tiny-model.ts'

const TENSORS = tinyTensors(new SeededRandom(4))

/** The digest of a checkpoint in memory. */
async function digestOf(files: MemoryFiles): Promise<string> {
  await using checkpoint = await openCheckpointFiles(files)
  return checkpoint.digest
}

t.test('opens the bundled model', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpoint(STORYTELLER, { cacheFolder: cache.path })
  t.match(checkpoint.config, {
    family: 'llama',
    layerCount: 8,
    hiddenSize: 256,
    vocabularySize: 2048,
    isTied: true,
  })
  t.match(checkpoint.suggestedSampling, { temperature: 0.7, topP: 0.95 })
  t.equal(checkpoint.roles.layers.length, 8)
  const tokenizer = await checkpoint.tokenizer()
  t.equal(tokenizer.decode(tokenizer.encode('a fox and a lost key')), 'a fox and a lost key')
  t.match(checkpoint.chatTemplate()?.render([{ role: 'user', content: 'Hi' }]), /Hi/)
})

t.test('opens SmolLM2 from its GGUF file', { skip: SKIP_WITHOUT_MODELS }, async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpoint(testModel('smollm2-135m-instruct'), {
    cacheFolder: cache.path,
  })
  t.match(checkpoint.config, {
    family: 'llama',
    layerCount: 30,
    headCount: 9,
    kvHeadCount: 3,
    headSize: 64,
    isTied: true,
  })
  t.equal(checkpoint.roles.embedding.entry.dtype, 'Q8_0')
  t.equal(checkpoint.roles.layers[29]?.get('q')?.entry.dtype, 'Q4_1')
  t.equal((await checkpoint.tokenizer()).vocabularySize, 49_152)
})

const FAMILIES = [
  ['llama-untied', { family: 'llama', isTied: false }],
  [
    'llama3-rope',
    { family: 'llama', isTied: true, rope: { theta: 500_000, scaling: { kind: 'llama3', factor: 8 } } },
  ],
  ['mistral', { family: 'mistral' }],
  ['qwen2', { family: 'qwen2', hasQkvBias: true, isTied: true }],
  ['qwen3', { family: 'qwen3', hasQkNorm: true, headSize: 64 }],
] as const

for (const [name, expected] of FAMILIES) {
  t.test(`opens the random ${name}`, { skip: SKIP_WITHOUT_MODELS }, async (t) => {
    await using cache = await tempFolder()
    await using checkpoint = await openCheckpoint(testModel('families', name), { cacheFolder: cache.path })
    t.match(checkpoint.config, expected)
    t.equal(checkpoint.chatTemplate(), undefined)
    await t.rejects(checkpoint.tokenizer(), { code: 'MODEL_TOKENIZER_MISSING' })
  })
}

t.test('the digest is of content, not of names', async (t) => {
  const files = tinyHuggingFace(TENSORS)
  const digest = await digestOf(files)
  t.match(digest, /^[0-9a-f]{64}$/)
  const source = await files.open('model.safetensors')
  const bytes = await source.read(0, source.sizeBytes)
  t.equal(
    await digestOf(files.with({ 'model.safetensors': undefined, 'other.safetensors': bytes })),
    digest,
    'renamed',
  )
  const spaced = JSON.stringify(tinyConfig(), undefined, 2)
  t.equal(await digestOf(files.with({ 'config.json': spaced })), digest, 'written otherwise')
  const stretched = JSON.stringify(tinyConfig({ rope_theta: 20_000 }))
  t.not(await digestOf(files.with({ 'config.json': stretched })), digest, 'another config')
  const touched = Uint8Array.from(bytes)
  touched[touched.length - 1] = (touched.at(-1) ?? 0) ^ 1
  t.not(await digestOf(files.with({ 'model.safetensors': touched })), digest, 'other weights')
})

t.test('sharded and split checkpoints are one model', async (t) => {
  const entries = [...TENSORS].map(([name, { shape, values }]) => {
    return { name, dtype: 'F32', shape, bytes: encodeFloats(values, 'F32') }
  })
  const half = Math.floor(entries.length / 2)
  const weightMap = entries.map(({ name }, i) => [name, i < half ? 'a.safetensors' : 'b.safetensors'])
  const sharded = new MemoryFiles({
    'config.json': JSON.stringify(tinyConfig()),
    'a.safetensors': encodeSafetensors(entries.slice(0, half)),
    'b.safetensors': encodeSafetensors(entries.slice(half)),
    'model.safetensors.index.json': JSON.stringify({ weight_map: Object.fromEntries(weightMap) }),
  })
  await using fromShards = await openCheckpointFiles(sharded)
  t.equal(fromShards.tensors.size, TENSORS.size)
  const tensors = tinyGgufTensors(TENSORS)
  const metadata = tinyMetadata().set('split.count', { type: 'u16', value: 2 })
  const split = new MemoryFiles({
    'm-00001-of-00002.gguf': encodeGguf({ metadata, tensors: tensors.slice(0, half) }),
    'm-00002-of-00002.gguf': encodeGguf({ metadata: new Map(), tensors: tensors.slice(half) }),
  })
  await using fromSplit = await openCheckpointFiles(split)
  t.equal(fromSplit.tensors.size, TENSORS.size)
})

t.test('a failed opening closes the files', async (t) => {
  const files = tinyHuggingFace(TENSORS, tinyConfig({ architectures: ['Nope'] }))
  await t.rejects(openCheckpointFiles(files), { code: 'MODEL_ARCHITECTURE_UNSUPPORTED' })
  t.equal(files.isClosed, true)
})

t.test('tokens that end an answer come from both descriptions', async (t) => {
  const files = tinyHuggingFace(TENSORS, tinyConfig({ eos_token_id: 2, bos_token_id: 1 }))
  const both = files.with({
    'generation_config.json': JSON.stringify({ eos_token_id: [2, 5, 999], temperature: 0.5 }),
  })
  await using checkpoint = await openCheckpointFiles(both)
  t.strictSame(checkpoint.config.eosTokenIds, [2, 5])
  t.equal(checkpoint.config.bosTokenId, 1)
  t.equal(checkpoint.suggestedSampling.temperature, 0.5)
})

t.test('a broken chat template bothers only who asks for it', async (t) => {
  const metadata = tinyMetadata().set('tokenizer.chat_template', { type: 'string', value: '{% if %}' })
  await using checkpoint = await openCheckpointFiles(tinyGguf(TENSORS, metadata))
  t.throws(() => checkpoint.chatTemplate(), { code: 'MODEL_CHAT_TEMPLATE' })
})
