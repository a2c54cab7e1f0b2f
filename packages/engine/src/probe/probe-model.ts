import { SeededRandom } from '@shardline/core'
import type {
  MatrixRole,
  ModelConfig,
  PackedArray,
  PackedMatrix,
  PackedPart,
  VectorRole,
} from '@shardline/model'
import { buildStageGraph, stagePorts } from '../graph/stage-graph.ts'
import { partName } from '../graph/layer-weights.ts'
import type { Graph } from '../ort/session.ts'
import { Tensor } from '../ort/tensor.ts'
import { WeightStore } from '../ort/weight-store.ts'
import { buildRotaryTables } from '../rotary-tables.ts'

/**
 * A small model, of one layer unless said otherwise, whose weights are computed, not loaded: the same on every machine. Measuring is over in a second, and
 * what it took must not stay with a process that serves afterwards, so the weights are in memory that goes back at once.
 */
export interface ProbeModel {
  readonly config: ModelConfig
  readonly graph: Graph
  readonly weights: WeightStore
}

/** Shape and format of a probe. */
export interface ProbeInit {
  readonly hiddenSize: number
  readonly feedForwardSize: number
  readonly headCount: number
  readonly kvHeadCount: number
  readonly headSize: number
  readonly positions: number
  /** Bits and block size of the projections, or dense. */
  readonly format: { readonly bits: 4 | 8; readonly blockSize: number } | 'dense'
  readonly seed: number
  /** @default 1 */
  readonly layerCount?: number
}

/** A part under construction: its arrays live in the weight store, so their offsets mean nothing. */
interface Building {
  readonly init: ProbeInit
  readonly random: SeededRandom
  readonly weights: WeightStore
  readonly part: PackedPart['part']
  readonly matrices: Map<MatrixRole, PackedMatrix>
  readonly vectors: Map<VectorRole, PackedArray>
}

/** Builds the probe's graph and weights. The caller disposes the weights. */
export function buildProbeModel(init: ProbeInit): ProbeModel {
  const config = configOf(init)
  const weights = new WeightStore()
  const random = new SeededRandom(init.seed)
  const parts = Array.from({ length: config.layerCount }, (_, layer) =>
    addLayer({
      init,
      random,
      weights,
      part: { kind: 'layer', layer },
      matrices: new Map(),
      vectors: new Map(),
    }),
  )
  addRotaryTables(weights, init, config)
  const graph = buildStageGraph({ config, parts, branches: 1, positions: init.positions })
  return { config, graph, weights }
}

function addLayer(building: Building): PackedPart {
  const { init, part, matrices, vectors } = building
  const q = init.headCount * init.headSize
  const kv = init.kvHeadCount * init.headSize
  addMatrix(building, 'qkv', { outputs: q + 2 * kv, inputs: init.hiddenSize })
  addMatrix(building, 'attentionOutput', { outputs: init.hiddenSize, inputs: q })
  addMatrix(building, 'gateUp', { outputs: 2 * init.feedForwardSize, inputs: init.hiddenSize })
  addMatrix(building, 'down', { outputs: init.hiddenSize, inputs: init.feedForwardSize })
  addVector(building, 'attentionNorm')
  addVector(building, 'feedForwardNorm')
  return { part, path: '', byteLength: 0, sha256: '', matrices, vectors }
}

function configOf(init: ProbeInit): ModelConfig {
  return {
    family: 'llama',
    layerCount: init.layerCount ?? 1,
    hiddenSize: init.hiddenSize,
    feedForwardSize: init.feedForwardSize,
    headCount: init.headCount,
    kvHeadCount: init.kvHeadCount,
    headSize: init.headSize,
    vocabularySize: 1,
    contextLength: init.positions,
    normEpsilon: 1e-5,
    rope: { theta: 10_000, scaling: { kind: 'none' } },
    hasQkvBias: false,
    hasAttentionOutputBias: false,
    hasFeedForwardBias: false,
    hasQkNorm: false,
    isTied: false,
    bosTokenId: undefined,
    eosTokenIds: [],
  }
}

function addMatrix(
  building: Building,
  role: MatrixRole,
  size: { readonly outputs: number; readonly inputs: number },
): void {
  const { format } = building.init
  const { outputs, inputs } = size
  const name = `${partName(building.part)}.${role}`
  // Spread so that a projection neither grows nor shrinks its input much: variance 1 / inputs.
  const spread = Math.sqrt(12 / inputs)
  if (format === 'dense') {
    const data = addFloats(building, `${name}.data`, { shape: [inputs, outputs], around: 0, spread })
    building.matrices.set(role, { kind: 'dense', outputs, inputs, data })
    return
  }
  const { bits, blockSize } = format
  const blocks = Math.ceil(inputs / blockSize)
  const scale = spread / 2 ** bits
  building.matrices.set(role, {
    kind: 'blocks',
    outputs,
    inputs,
    bits,
    blockSize,
    data: addBytes(building, `${name}.data`, [outputs, blocks, (blockSize * bits) / 8]),
    scales: addFloats(building, `${name}.scales`, {
      shape: [outputs * blocks],
      around: scale,
      spread: scale / 2,
    }),
    offsets: undefined,
  })
}

function addVector(building: Building, role: VectorRole): void {
  const shape = [building.init.hiddenSize]
  building.vectors.set(
    role,
    addFloats(building, `${partName(building.part)}.${role}`, { shape, around: 1, spread: 0.5 }),
  )
}

function addFloats(
  building: Building,
  name: string,
  values: { readonly shape: readonly number[]; readonly around: number; readonly spread: number },
): PackedArray {
  const tensor = Tensor.allocateBlock('f32', values.shape)
  const { data } = tensor
  for (let i = 0; i < data.length; i++)
    data[i] = values.around + (building.random.float() - 0.5) * values.spread
  building.weights.add(name, tensor)
  return { dtype: 'f32', shape: values.shape, offset: 0, byteLength: data.byteLength }
}

function addBytes(building: Building, name: string, shape: readonly number[]): PackedArray {
  const tensor = Tensor.allocateBlock('u8', shape)
  const { data } = tensor
  // As `bytes` makes them, but in place: an array beside this one would stay until the collector comes by.
  for (let i = 0; i < data.length; i++) data[i] = building.random.word() >>> 24
  building.weights.add(name, tensor)
  return { dtype: 'u8', shape, offset: 0, byteLength: tensor.data.byteLength }
}

function addRotaryTables(weights: WeightStore, init: ProbeInit, config: ModelConfig): void {
  const { positions, headSize } = init
  const tables = buildRotaryTables(config, positions)
  for (const [name, table] of [
    [stagePorts.cos, tables.cos],
    [stagePorts.sin, tables.sin],
  ] as const) {
    const tensor = Tensor.allocate('f32', [positions, headSize / 2])
    tensor.data.set(table)
    weights.add(name, tensor)
  }
}
