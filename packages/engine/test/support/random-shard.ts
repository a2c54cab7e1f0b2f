import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SeededRandom } from '@shardline/core'
import type {
  MatrixRole,
  ModelConfig,
  PackedArray,
  PackedMatrix,
  PackedPart,
  PackedShard,
  VectorRole,
} from '@shardline/model'

/** A model of random weights, packed, in a folder of its own. */
export interface RandomShard extends Disposable {
  readonly shard: PackedShard
}

/** Format of the projections of a random shard. */
export interface RandomShardOptions {
  readonly bits: 4 | 8 | 'f32'
  readonly blockSize?: number
  readonly seed?: number
  readonly isFused?: boolean
}

/** A small config; whatever is given overrides it. */
export function smallConfig(overrides: Partial<ModelConfig> = {}): ModelConfig {
  return {
    family: 'llama',
    layerCount: 2,
    hiddenSize: 256,
    feedForwardSize: 512,
    headCount: 4,
    kvHeadCount: 2,
    headSize: 64,
    vocabularySize: 320,
    contextLength: 512,
    normEpsilon: 1e-5,
    rope: { theta: 10_000, scaling: { kind: 'none' } },
    hasQkvBias: false,
    hasAttentionOutputBias: false,
    hasFeedForwardBias: false,
    hasQkNorm: false,
    isTied: false,
    bosTokenId: undefined,
    eosTokenIds: [],
    ...overrides,
  } as ModelConfig
}

class PartWriter {
  readonly #chunks: Uint8Array[] = []
  #length = 0
  readonly matrices = new Map<MatrixRole, PackedMatrix>()
  readonly vectors = new Map<VectorRole, PackedArray>()

  array(dtype: 'u8' | 'f32', shape: readonly number[], data: Uint8Array | Float32Array): PackedArray {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const array: PackedArray = { dtype, shape, offset: this.#length, byteLength: bytes.byteLength }
    this.#chunks.push(bytes)
    const padding = (64 - (bytes.byteLength % 64)) % 64
    this.#chunks.push(new Uint8Array(padding))
    this.#length += bytes.byteLength + padding
    return array
  }

  finish(part: PackedPart['part'], file: string): PackedPart {
    writeFileSync(file, Buffer.concat(this.#chunks))
    return {
      part,
      path: file,
      byteLength: this.#length,
      sha256: '',
      matrices: this.matrices,
      vectors: this.vectors,
    }
  }
}

/** Makes a shard of all layers and the head. */
export function randomShard(config: ModelConfig, options: RandomShardOptions): RandomShard {
  const folder = mkdtempSync(path.join(tmpdir(), 'shardline-engine-'))
  const random = new SeededRandom(options.seed ?? 1)
  const parts: PackedPart[] = []
  const q = config.headCount * config.headSize
  const kv = config.kvHeadCount * config.headSize
  const isFused = options.isFused ?? true
  for (let layer = 0; layer < config.layerCount; layer++) {
    const writer = new PartWriter()
    const add = (role: MatrixRole, outputs: number, inputs: number): void => {
      writer.matrices.set(role, randomMatrix(writer, { outputs, inputs, random, ...options }))
    }
    const vector = (role: VectorRole, size: number, around = 1): void => {
      writer.vectors.set(role, writer.array('f32', [size], randomVector(random, size, around)))
    }
    if (isFused) add('qkv', q + 2 * kv, config.hiddenSize)
    else
      for (const [role, size] of [
        ['q', q],
        ['k', kv],
        ['v', kv],
      ] as const)
        add(role, size, config.hiddenSize)
    add('attentionOutput', config.hiddenSize, q)
    if (isFused) add('gateUp', 2 * config.feedForwardSize, config.hiddenSize)
    else for (const role of ['gate', 'up'] as const) add(role, config.feedForwardSize, config.hiddenSize)
    add('down', config.hiddenSize, config.feedForwardSize)
    vector('attentionNorm', config.hiddenSize)
    vector('feedForwardNorm', config.hiddenSize)
    if (config.hasQkvBias) vector('qkvBias', q + 2 * kv, 0)
    if (config.hasQkNorm) {
      vector('qNorm', config.headSize)
      vector('kNorm', config.headSize)
    }
    parts.push(writer.finish({ kind: 'layer', layer }, path.join(folder, `layer-${layer}.bin`)))
  }
  const writer = new PartWriter()
  writer.matrices.set(
    'head',
    randomMatrix(writer, { outputs: config.vocabularySize, inputs: config.hiddenSize, random, ...options }),
  )
  writer.vectors.set(
    'outputNorm',
    writer.array('f32', [config.hiddenSize], randomVector(random, config.hiddenSize, 1)),
  )
  parts.push(writer.finish({ kind: 'head' }, path.join(folder, 'head.bin')))
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0)
  return {
    shard: { config, modelDigest: 'random', precision: 'auto', parts, byteLength },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

function randomMatrix(
  writer: PartWriter,
  init: RandomShardOptions & {
    readonly outputs: number
    readonly inputs: number
    readonly random: SeededRandom
  },
): PackedMatrix {
  const { outputs, inputs, random, bits } = init
  const spread = Math.sqrt(1 / inputs)
  if (bits === 'f32') {
    const data = Float32Array.from({ length: inputs * outputs }, () => (random.float() - 0.5) * 3.4 * spread)
    return { kind: 'dense', outputs, inputs, data: writer.array('f32', [inputs, outputs], data) }
  }
  const blockSize = init.blockSize ?? 32
  const blocks = Math.ceil(inputs / blockSize)
  const data = random.bytes((outputs * blocks * blockSize * bits) / 8)
  const scale = (3.4 * spread) / 2 ** bits
  const scales = Float32Array.from({ length: outputs * blocks }, () => scale * (0.5 + random.float()))
  return {
    kind: 'blocks',
    outputs,
    inputs,
    bits,
    blockSize,
    data: writer.array('u8', [outputs, blocks, (blockSize * bits) / 8], data),
    scales: writer.array('f32', [outputs * blocks], scales),
    offsets: undefined,
  }
}

function randomVector(random: SeededRandom, size: number, around: number): Float32Array {
  return Float32Array.from({ length: size }, () => around + (random.float() - 0.5) * 0.4)
}

/** Random hidden states `[rows, hidden]`. */
export function randomHidden(rows: number, hiddenSize: number, seed: number): Float32Array {
  const random = new SeededRandom(seed)
  return Float32Array.from({ length: rows * hiddenSize }, () => (random.float() - 0.5) * 2)
}
