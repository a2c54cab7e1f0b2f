import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { SeededRandom } from '@shardline/core'
import { cacheUsage, clearCache } from '../src/cache.ts'
import type { Checkpoint } from '../src/checkpoint.ts'
import { encodeGguf } from '../src/gguf/gguf-writer.ts'
import { writeRandomModel } from '../src/gguf/write-random-model.ts'
import { openCheckpoint, openCheckpointFiles } from '../src/open-checkpoint.ts'
import type { MatrixRole, PackedPart, PackedShard } from '../src/packed-shard.ts'
import { verifyPackedPart } from '../src/packing/open-packed-part.ts'
import type { LoadShardOptions } from '../src/shard.ts'
import { loadShard } from '../src/shard.ts'
import { MemoryFiles } from './support/memory-files.ts'
import { testRandom } from './support/seed.ts'
import { tempFolder } from './support/temp-folder.ts'
import { SKIP_WITHOUT_MODELS, STORYTELLER, testModel } from './support/test-models.ts'
import {
  TINY,
  randomBlocks,
  tinyConfig,
  tinyGguf,
  tinyGgufTensors,
  tinyHuggingFace,
  tinyMetadata,
  tinyTensors,
} from './support/tiny-model.ts'
import { readFloats, unpackMatrix } from './support/unpack.ts'

const TENSORS = tinyTensors(new SeededRandom(5))
const ALL = { layers: { first: 0, count: TINY.layers }, hasHead: true }

function partOf(shard: PackedShard, index: number): PackedPart {
  const part = shard.parts[index]
  if (part === undefined) throw new Error(`no part ${index}`)
  return part
}

async function valuesOf(part: PackedPart, role: MatrixRole): Promise<number[]> {
  const matrix = part.matrices.get(role)
  if (matrix === undefined) throw new Error(`no matrix ${role}`)
  return [...(await unpackMatrix(part, matrix))]
}

function tensorValues(...names: readonly string[]): number[] {
  return names.flatMap((name) => [...(TENSORS.get(name)?.values ?? [])])
}

t.test('f32 tensors are packed dense, fused and transposed, without a change', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(TENSORS))
  const shard = await loadShard(checkpoint, ALL, { cacheFolder: cache.path })
  t.strictSame(
    shard.parts.map(({ part }) => part),
    [{ kind: 'layer', layer: 0 }, { kind: 'layer', layer: 1 }, { kind: 'head' }],
  )
  t.equal(
    shard.byteLength,
    shard.parts.reduce((sum, part) => sum + part.byteLength, 0),
  )
  const layer = partOf(shard, 1)
  t.strictSame([...layer.matrices.keys()].toSorted(), ['attentionOutput', 'down', 'gateUp', 'qkv'])
  const attention = 'model.layers.1.self_attn'
  t.strictSame(
    await valuesOf(layer, 'qkv'),
    tensorValues(`${attention}.q_proj.weight`, `${attention}.k_proj.weight`, `${attention}.v_proj.weight`),
  )
  t.strictSame(
    await valuesOf(layer, 'gateUp'),
    tensorValues('model.layers.1.mlp.gate_proj.weight', 'model.layers.1.mlp.up_proj.weight'),
  )
  t.strictSame(await valuesOf(layer, 'down'), tensorValues('model.layers.1.mlp.down_proj.weight'))
  t.strictSame(await valuesOf(partOf(shard, 2), 'head'), tensorValues('lm_head.weight'))
  const norm = await readFloats(layer.path, layer.vectors.get('feedForwardNorm')!)
  t.strictSame([...norm], tensorValues('model.layers.1.post_attention_layernorm.weight'))
  for (const part of shard.parts) {
    const arrays = [...part.vectors.values(), ...[...part.matrices.values()].map(({ data }) => data)]
    t.ok(
      arrays.every(({ offset, byteLength }) => offset % 64 === 0 && offset + byteLength <= part.byteLength),
    )
    t.equal((await stat(part.path)).size, part.byteLength)
  }
})

t.test("a GGUF's interleaved q and k come out as in Hugging Face's files", async (t) => {
  await using cache = await tempFolder()
  const shards: PackedShard[] = []
  for (const files of [tinyHuggingFace(TENSORS), tinyGguf(TENSORS)]) {
    await using checkpoint = await openCheckpointFiles(files)
    shards.push(await loadShard(checkpoint, ALL, { cacheFolder: cache.path }))
  }
  const [fromFolder, fromGguf] = shards
  t.not(fromGguf?.modelDigest, fromFolder?.modelDigest)
  t.strictSame(
    fromGguf?.parts.map(({ sha256 }) => sha256),
    fromFolder?.parts.map(({ sha256 }) => sha256),
  )
})

t.test('biases are fused where their matrices are, and reordered with them', async (t) => {
  await using cache = await tempFolder()
  const tensors = new Map(TENSORS)
  for (let layer = 0; layer < TINY.layers; layer++) {
    for (const [piece, length] of [
      ['q', 32],
      ['k', 16],
      ['v', 16],
    ] as const) {
      const values = Float32Array.from({ length }, (_, i) => i + layer)
      tensors.set(`model.layers.${layer}.self_attn.${piece}_proj.bias`, { shape: [length], values })
    }
  }
  const gguf = new MemoryFiles({
    'm.gguf': encodeGguf({
      metadata: tinyMetadata(),
      tensors: tinyGgufTensors(tensors).map((tensor) => ({
        ...tensor,
        name: tensor.name.replace(/_(.)_proj\.bias/, '_$1.bias'),
      })),
    }),
  })
  const expected = [32, 16, 16].flatMap((length) => Array.from({ length }, (_, i) => i + 1))
  const folder = tinyHuggingFace(tensors, tinyConfig({ architectures: ['Qwen2ForCausalLM'] }))
  for (const files of [folder, gguf]) {
    await using checkpoint = await openCheckpointFiles(files)
    t.equal(checkpoint.config.hasQkvBias, true)
    const shard = await loadShard(checkpoint, { layers: { first: 1, count: 1 } }, { cacheFolder: cache.path })
    const layer = partOf(shard, 0)
    t.strictSame([...(await readFloats(layer.path, layer.vectors.get('qkvBias')!))], expected)
  }
})

/** Packs the tiny model with gate in one format and up in another; all else is F32. */
async function mixedCheckpoint(gate: 'Q4_0' | 'Q8_0', up: 'Q4_0' | 'Q8_0' | 'Q4_1'): Promise<Checkpoint> {
  const random = new SeededRandom(6)
  const tensors = tinyGgufTensors(TENSORS).map((tensor) => {
    const dtype = /ffn_gate/.test(tensor.name) ? gate : /ffn_up/.test(tensor.name) ? up : undefined
    if (dtype === undefined) return tensor
    const bytes = randomBlocks(dtype, 64, random)
    return { ...tensor, dtype, bytes: () => bytes }
  })
  return openCheckpointFiles(new MemoryFiles({ 'm.gguf': encodeGguf({ metadata: tinyMetadata(), tensors }) }))
}

t.test('pieces are fused exactly if they are packed alike', async (t) => {
  await using cache = await tempFolder()
  const rolesOf = async (
    checkpoint: Checkpoint,
    options: Partial<LoadShardOptions> = {},
  ): Promise<readonly string[]> => {
    const shard = await loadShard(
      checkpoint,
      { layers: { first: 0, count: 1 } },
      { cacheFolder: cache.path, ...options },
    )
    return [...partOf(shard, 0).matrices.keys()]
  }
  await using alike = await mixedCheckpoint('Q4_0', 'Q4_0')
  await using different = await mixedCheckpoint('Q4_0', 'Q8_0')
  await using split = await mixedCheckpoint('Q4_0', 'Q4_1')
  t.ok((await rolesOf(alike)).includes('gateUp'))
  t.ok((await rolesOf(different)).includes('gate'))
  t.ok((await rolesOf(different, { precision: 'int8' })).includes('gateUp'))
  t.ok((await rolesOf(different, { precision: 'f32' })).includes('gateUp'))
  t.ok((await rolesOf(split)).includes('gate'))
  t.ok(
    (await rolesOf(split, { packing: { minimums: 'split' } })).includes('gate'),
    'only one of them has offsets',
  )
})

t.test('Q4_1 is requantized, or split into blocks and offsets', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await mixedCheckpoint('Q8_0', 'Q4_1')
  const up = async (options: Partial<LoadShardOptions>): Promise<{ part: PackedPart; values: number[] }> => {
    const shard = await loadShard(
      checkpoint,
      { layers: { first: 0, count: 1 } },
      { cacheFolder: cache.path, ...options },
    )
    const part = partOf(shard, 0)
    const role = part.matrices.has('up') ? 'up' : 'gateUp'
    const values = await valuesOf(part, role)
    return { part, values: values.slice(-TINY.feedForward * TINY.hidden) }
  }
  const exact = await up({ precision: 'f32' })
  const split = await up({ packing: { minimums: 'split' } })
  const requantized = await up({ packing: { minimums: 'requantize' } })
  t.match(split.part.matrices.get('up'), { bits: 4, offsets: { shape: [1, 64] } })
  t.match(requantized.part.matrices.get('up'), { bits: 8, blockSize: 64, offsets: undefined })
  const worst = (values: number[]): number =>
    Math.max(...values.map((value, i) => Math.abs(value - (exact.values[i] ?? 0))))
  t.ok(worst(split.values) < 1e-7)
  t.ok(worst(requantized.values) < 0.01 && worst(requantized.values) > 1e-7)
})

t.test('precision and block size decide the form', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(TENSORS, tinyConfig(), 'F16'))
  const formOf = async (options: Partial<LoadShardOptions>): Promise<unknown> => {
    const shard = await loadShard(
      checkpoint,
      { layers: { first: 0, count: 1 } },
      { cacheFolder: cache.path, ...options },
    )
    const { kind, bits, blockSize } = { bits: 0, blockSize: 0, ...partOf(shard, 0).matrices.get('down')! }
    return [kind, bits, blockSize]
  }
  t.strictSame(await formOf({}), ['blocks', 8, 64])
  t.strictSame(await formOf({ precision: 'int4' }), ['blocks', 4, 32])
  t.strictSame(await formOf({ precision: 'int4', packing: { blockSize4: 128 } }), ['blocks', 4, 128])
  t.strictSame(await formOf({ precision: 'int8', packing: { blockSize8: 32 } }), ['blocks', 8, 32])
  t.strictSame(await formOf({ precision: 'f32' }), ['dense', 0, 0])
})

t.test('the second time no weight is read, and progress still ends complete', async (t) => {
  await using cache = await tempFolder()
  const load = async (): Promise<{ shard: PackedShard; readBytes: number; last: unknown }> => {
    const files = tinyHuggingFace(TENSORS)
    await using checkpoint = await openCheckpointFiles(files)
    const before = files.readBytes
    let last: unknown
    const shard = await loadShard(checkpoint, ALL, {
      cacheFolder: cache.path,
      onProgress: (progress) => (last = progress),
    })
    return { shard, readBytes: files.readBytes - before, last }
  }
  const first = await load()
  const second = await load()
  t.ok(first.readBytes > 0)
  t.equal(second.readBytes, 0)
  t.strictSame(second.shard, first.shard)
  t.strictSame(second.last, { doneBytes: first.readBytes, totalBytes: first.readBytes, what: 'head' })
  t.strictSame(first.last, second.last)
})

t.test('a damaged file is packed again', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(TENSORS))
  const load = (options: Partial<LoadShardOptions> = {}): Promise<PackedShard> =>
    loadShard(checkpoint, ALL, { cacheFolder: cache.path, ...options })
  const { path, sha256 } = partOf(await load(), 0)
  const whole = await readFile(path)
  const damage: Readonly<Record<string, Buffer>> = {
    empty: Buffer.alloc(0),
    cut: whole.subarray(0, -1),
    longer: Buffer.concat([whole, Buffer.alloc(1)]),
    'another magic': Buffer.concat([Buffer.from('X'), whole.subarray(1)]),
    'a changed index': Buffer.from(whole.toString('latin1').replace('"layer"', '"lager"'), 'latin1'),
    'an index of absurd length': Buffer.concat([
      whole.subarray(0, 8),
      Buffer.from([255, 255, 255, 255]),
      whole.subarray(12),
    ]),
  }
  for (const [what, bytes] of Object.entries(damage)) {
    await writeFile(path, bytes)
    t.equal(partOf(await load(), 0).sha256, sha256, what)
    t.ok(whole.equals(await readFile(path)), `${what}: the file is whole again`)
  }
  const flipped = Buffer.from(whole)
  flipped[flipped.length - 3] = (flipped.at(-3) ?? 0) ^ 4
  await writeFile(path, flipped)
  await t.rejects(verifyPackedPart(partOf(await load(), 0)), { code: 'MODEL_PACKED_FILE_INVALID' })
  await verifyPackedPart(partOf(await load({ isVerified: true }), 0))
  t.ok(whole.equals(await readFile(path)))
})

t.test('a part of another model or precision is never taken', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(TENSORS))
  await using other = await openCheckpointFiles(tinyHuggingFace(tinyTensors(new SeededRandom(99))))
  const [mine, theirs] = [
    await loadShard(checkpoint, ALL, { cacheFolder: cache.path }),
    await loadShard(other, ALL, { cacheFolder: cache.path }),
  ]
  const path = partOf(mine, 0).path
  await writeFile(path, await readFile(partOf(theirs, 0).path))
  t.equal(
    partOf(await loadShard(checkpoint, ALL, { cacheFolder: cache.path }), 0).sha256,
    partOf(mine, 0).sha256,
  )
})

t.test('an aborted packing leaves nothing behind', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(TENSORS))
  const controller = new AbortController()
  const loading = loadShard(checkpoint, ALL, {
    cacheFolder: cache.path,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  })
  await t.rejects(loading, { code: 'CORE_ABORTED' })
  t.equal((await cacheUsage(cache.path)).files, 0)
})

t.test('weights that are no numbers are refused', async (t) => {
  await using cache = await tempFolder()
  const name = 'model.layers.0.mlp.up_proj.weight'
  for (const bad of [NaN, Infinity]) {
    const values = TENSORS.get(name)?.values.slice() ?? new Float32Array()
    values[77] = bad
    await using checkpoint = await openCheckpointFiles(
      tinyHuggingFace(new Map(TENSORS).set(name, { shape: [64, 32], values })),
    )
    for (const precision of ['auto', 'int8', 'int4'] as const) {
      const loading = loadShard(checkpoint, ALL, { cacheFolder: cache.path, precision })
      await t.rejects(loading, { code: 'MODEL_TENSOR_NOT_FINITE', message: /up_proj/ })
    }
  }
})

t.test('layers that the model does not have are refused', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(TENSORS))
  for (const layers of [
    { first: 1, count: 2 },
    { first: -1, count: 1 },
    { first: 0.5, count: 1 },
  ]) {
    await t.rejects(loadShard(checkpoint, { layers }, { cacheFolder: cache.path }), {
      code: 'MODEL_LAYERS_UNKNOWN',
    })
  }
})

t.test('a cache that cannot be written is named', async (t) => {
  await using cache = await tempFolder()
  const file = join(cache.path, 'file')
  await writeFile(file, '')
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(TENSORS))
  await t.rejects(loadShard(checkpoint, ALL, { cacheFolder: file }), { code: 'MODEL_CACHE_FAILED' })
})

t.test('the cache is counted and cleared', async (t) => {
  await using cache = await tempFolder()
  await using checkpoint = await openCheckpointFiles(tinyHuggingFace(TENSORS))
  t.strictSame(await cacheUsage(cache.path), { files: 0, bytes: 0, models: [] })
  await writeFile(join(cache.path, 'mine.txt'), 'not yours')
  const shard = await loadShard(checkpoint, ALL, { cacheFolder: cache.path })
  const expected = { files: 3, bytes: shard.byteLength }
  const usage = { ...expected, models: [{ modelDigest: checkpoint.digest, ...expected }] }
  t.strictSame(await cacheUsage(cache.path), usage)
  t.strictSame(await clearCache(cache.path), usage)
  t.strictSame(await readdir(cache.path), ['mine.txt'])
})

t.test('processes that pack the same part at once agree', async (t) => {
  await using cache = await tempFolder()
  const child = fileURLToPath(new URL('./support/load-child.ts', import.meta.url))
  const run = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const process = fork(child, [STORYTELLER, cache.path], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      process.once('message', (message) => resolve(JSON.stringify(message)))
      process.once('error', reject)
      process.once('exit', (code) => (code === 0 ? undefined : reject(new Error(`exit ${code}`))))
    })
  const [first, second] = await Promise.all([run(), run()])
  t.equal(first, second)
  t.match(first, /^"[0-9a-f]{64}( [0-9a-f]{64}){8}"$/)
  const left = await readdir(cache.path, { recursive: true })
  t.strictSame(
    left.filter((name) => name.endsWith('.tmp')),
    [],
  )
})

t.test('a matrix of many slabs is packed as one of one slab', async (t) => {
  const random = testRandom((line) => t.comment(line))
  await using folder = await tempFolder()
  const path = join(folder.path, 'wide.gguf')
  const shape = {
    layerCount: 1,
    hiddenSize: 64,
    feedForwardSize: 96,
    headCount: 2,
    kvHeadCount: 1,
    vocabularySize: 70_000,
    contextLength: 64,
  }
  await writeRandomModel(path, shape, { random, dtype: 'F16' })
  await using checkpoint = await openCheckpoint(path, { cacheFolder: folder.path })
  const shard = await loadShard(checkpoint, { hasHead: true }, { cacheFolder: folder.path, precision: 'f32' })
  const head = partOf(shard, 0)
  const { entry } = checkpoint.roles.head
  const halves = await entry.source.read(entry.offset, entry.byteLength)
  const matrix = head.matrices.get('head')!
  const columns = await readFloats(head.path, matrix.data)
  const view = new DataView(halves.buffer, halves.byteOffset, halves.byteLength)
  const { HALF_VALUES } = await import('../src/format/half.ts')
  let wrong = 0
  for (let row = 0; row < 70_000; row += 7) {
    for (let input = 0; input < 64; input++) {
      if (columns[input * 70_000 + row] !== HALF_VALUES[view.getUint16((row * 64 + input) * 2, true)]) wrong++
    }
  }
  t.equal(wrong, 0)
})

t.test(
  'packs SmolLM2 with an error below a step of its own blocks',
  { skip: SKIP_WITHOUT_MODELS },
  async (t) => {
    await using cache = await tempFolder()
    await using checkpoint = await openCheckpoint(testModel('smollm2-135m-instruct'), {
      cacheFolder: cache.path,
    })
    const part = async (options: Partial<LoadShardOptions>): Promise<PackedPart> =>
      partOf(
        await loadShard(
          checkpoint,
          { layers: { first: 3, count: 1 } },
          { cacheFolder: cache.path, ...options },
        ),
        0,
      )
    const exact = await valuesOf(await part({ precision: 'f32' }), 'qkv')
    const error = async (options: Partial<LoadShardOptions>): Promise<number> => {
      const values = await valuesOf(await part(options), 'qkv')
      const square = (list: readonly number[]): number => list.reduce((sum, value) => sum + value * value, 0)
      return Math.sqrt(square(values.map((value, i) => value - (exact[i] ?? 0))) / square(exact))
    }
    const [requantized, split, four] = [
      await error({ packing: { minimums: 'requantize' } }),
      await error({ packing: { minimums: 'split' } }),
      await error({ precision: 'int4' }),
    ]
    t.comment(`relative error: 8 bit ${requantized}, split ${split}, 4 bit ${four}`)
    t.ok(split < 1e-6 && requantized < 0.01 && four < 0.12)
  },
)
