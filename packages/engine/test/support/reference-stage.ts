import { readFileSync } from 'node:fs'
import type { LayerRange, SessionId } from '@shardline/core'
import type {
  MatrixRole,
  ModelConfig,
  PackedArray,
  PackedMatrix,
  PackedPart,
  PackedShard,
  VectorRole,
} from '@shardline/model'
import { ropeFrequencies } from '@shardline/model'
import {
  BatchInvalidError,
  ContextTooLongError,
  PositionUnexpectedError,
  SessionExistsError,
  SessionFullError,
  SessionUnknownError,
} from '../../src/errors.ts'
import type { RaggedBatch, Stage, StageMemory } from '../../src/stage.ts'

interface ReferenceSession {
  readonly capacity: number
  length: number
  /** Per layer: keys and values of each position. */
  readonly keys: Float64Array[][]
  readonly values: Float64Array[][]
}

/** The same layers written plainly, one token at a time in 64-bit floats: an independent check of graph and kernels. */
export class ReferenceStage implements Stage {
  readonly layers: LayerRange
  readonly hiddenSize: number
  readonly isExact = true
  readonly memory: StageMemory = { packedWeightBytes: 0, kvCacheBytes: 0 }
  readonly #config: ModelConfig
  readonly #parts: readonly PackedPart[]
  readonly #sessions = new Map<SessionId, ReferenceSession>()
  readonly #matrices = new Map<string, Float64Array>()

  constructor(shard: PackedShard, layers: LayerRange) {
    this.layers = layers
    this.#config = shard.config
    this.hiddenSize = shard.config.hiddenSize
    this.#parts = shard.parts.filter(
      ({ part }) =>
        part.kind === 'layer' && part.layer >= layers.first && part.layer < layers.first + layers.count,
    )
  }

  open(session: SessionId, options: { readonly capacity: number }): void {
    if (this.#sessions.has(session)) throw new SessionExistsError(session)
    const { contextLength } = this.#config
    if (options.capacity < 1 || options.capacity > contextLength) {
      throw new ContextTooLongError(options.capacity, contextLength)
    }
    const empty = (): Float64Array[][] => this.#parts.map(() => [])
    this.#sessions.set(session, { capacity: options.capacity, length: 0, keys: empty(), values: empty() })
  }

  run(batch: RaggedBatch): Promise<Float32Array> {
    try {
      return Promise.resolve(this.#runNow(batch))
    } catch (cause) {
      return Promise.reject(cause as Error)
    }
  }

  length(session: SessionId): number {
    return this.#session(session).length
  }

  truncate(session: SessionId, length: number): void {
    const open = this.#session(session)
    if (length < 0 || length > open.length) {
      throw new PositionUnexpectedError({ session, position: length, length: open.length })
    }
    open.length = length
  }

  close(session: SessionId): void {
    this.#sessions.delete(session)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sessions.clear()
  }

  #session(session: SessionId): ReferenceSession {
    const open = this.#sessions.get(session)
    if (open === undefined) throw new SessionUnknownError(session)
    return open
  }

  #check(batch: RaggedBatch): void {
    const names = new Set(batch.segments.map((segment) => segment.session))
    if (names.size !== batch.segments.length) throw new BatchInvalidError('a session occurs twice')
    let rows = 0
    for (const segment of batch.segments) {
      const open = this.#session(segment.session)
      if (segment.rows < 1) throw new BatchInvalidError('a segment without rows')
      if (segment.position < 0 || segment.position > open.length) {
        throw new PositionUnexpectedError({ ...segment, length: open.length })
      }
      const length = segment.position + segment.rows
      if (length > open.capacity)
        throw new SessionFullError({ session: segment.session, length, capacity: open.capacity })
      rows += segment.rows
    }
    if (rows === 0 || rows * this.hiddenSize !== batch.hidden.length)
      throw new BatchInvalidError('sizes differ')
  }

  #runNow(batch: RaggedBatch): Float32Array {
    this.#check(batch)
    const output = new Float32Array(batch.hidden.length)
    let row = 0
    for (const segment of batch.segments) {
      const open = this.#session(segment.session)
      for (let i = 0; i < segment.rows; i++, row++) {
        let x: Float64Array = Float64Array.from(
          batch.hidden.subarray(row * this.hiddenSize, (row + 1) * this.hiddenSize),
        )
        for (const [index, part] of this.#parts.entries()) {
          x = this.#layer(x, { part, index, open, position: segment.position + i })
        }
        output.set(x, row * this.hiddenSize)
      }
      open.length = segment.position + segment.rows
    }
    return output
  }

  #layer(
    x: Float64Array,
    at: {
      readonly part: PackedPart
      readonly index: number
      readonly open: ReferenceSession
      readonly position: number
    },
  ): Float64Array {
    const { part } = at
    const attended = this.#attention(this.#norm(x, part, 'attentionNorm'), at)
    const middle = add(x, this.#project(part, 'attentionOutput', attended))
    const normed = this.#norm(middle, part, 'feedForwardNorm')
    const size = this.#config.feedForwardSize
    const both = part.matrices.has('gateUp')
      ? this.#project(part, 'gateUp', normed)
      : concat([this.#project(part, 'gate', normed), this.#project(part, 'up', normed)])
    const gated = Float64Array.from({ length: size }, (_, i) => {
      const gate = both[i] ?? 0
      return (gate / (1 + Math.exp(-gate))) * (both[size + i] ?? 0)
    })
    return add(middle, this.#project(part, 'down', gated))
  }

  #attention(
    x: Float64Array,
    at: {
      readonly part: PackedPart
      readonly index: number
      readonly open: ReferenceSession
      readonly position: number
    },
  ): Float64Array {
    const { part, index, open, position } = at
    const { headCount, kvHeadCount, headSize } = this.#config
    const qkv = part.matrices.has('qkv')
      ? this.#project(part, 'qkv', x)
      : concat((['q', 'k', 'v'] as const).map((role) => this.#project(part, role, x)))
    const head = (number: number): Float64Array => qkv.slice(number * headSize, (number + 1) * headSize)
    const keys = Array.from({ length: kvHeadCount }, (_, i) =>
      this.#rotate(this.#headNorm(head(headCount + i), part, 'kNorm'), position),
    )
    const values = Array.from({ length: kvHeadCount }, (_, i) => head(headCount + kvHeadCount + i))
    const cachedKeys = open.keys[index] ?? []
    const cachedValues = open.values[index] ?? []
    cachedKeys[position] = concat(keys)
    cachedValues[position] = concat(values)
    const outputs: Float64Array[] = []
    for (let i = 0; i < headCount; i++) {
      const query = this.#rotate(this.#headNorm(head(i), part, 'qNorm'), position)
      const kv = Math.floor((i * kvHeadCount) / headCount)
      const scores: number[] = []
      for (let p = 0; p <= position; p++) {
        const key = cachedKeys[p]?.subarray(kv * headSize, (kv + 1) * headSize) ?? new Float64Array(headSize)
        scores.push(dot(query, key) / Math.sqrt(headSize))
      }
      const weights = softmax(scores)
      const output = new Float64Array(headSize)
      for (const [p, weight] of weights.entries()) {
        for (let d = 0; d < headSize; d++) {
          output[d] = (output[d] ?? 0) + weight * (cachedValues[p]?.[kv * headSize + d] ?? 0)
        }
      }
      outputs.push(output)
    }
    return concat(outputs)
  }

  #rotate(x: Float64Array, position: number): Float64Array {
    const half = x.length / 2
    const frequencies = ropeFrequencies(this.#config.rope, x.length)
    const y = new Float64Array(x.length)
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] ?? 0)
      const [a, b] = [x[i] ?? 0, x[i + half] ?? 0]
      y[i] = a * Math.cos(angle) - b * Math.sin(angle)
      y[i + half] = b * Math.cos(angle) + a * Math.sin(angle)
    }
    return y
  }

  #headNorm(x: Float64Array, part: PackedPart, role: 'qNorm' | 'kNorm'): Float64Array {
    return this.#config.hasQkNorm ? this.#norm(x, part, role) : x
  }

  #norm(x: Float64Array, part: PackedPart, role: VectorRole): Float64Array {
    const weight = this.#vector(part, role)
    const scale = 1 / Math.sqrt(dot(x, x) / x.length + this.#config.normEpsilon)
    return x.map((value, i) => value * scale * (weight?.[i] ?? 0))
  }

  #project(part: PackedPart, role: MatrixRole, x: Float64Array): Float64Array {
    const matrix = part.matrices.get(role)
    if (matrix === undefined) throw new Error(`the reference has no ${role}`)
    const key = `${part.path} ${role}`
    const rows = this.#matrices.get(key) ?? dequantize(part, matrix)
    this.#matrices.set(key, rows)
    const bias = this.#vector(part, `${role}Bias` as VectorRole)
    return Float64Array.from(
      { length: matrix.outputs },
      (_, n) => dot(rows.subarray(n * matrix.inputs, (n + 1) * matrix.inputs), x) + (bias?.[n] ?? 0),
    )
  }

  #vector(part: PackedPart, role: VectorRole): Float32Array | undefined {
    const array = part.vectors.get(role)
    return array === undefined ? undefined : readFloats(part, array)
  }
}

function readBytes(part: PackedPart, array: PackedArray): Uint8Array<ArrayBuffer> {
  const file = readFileSync(part.path)
  return Uint8Array.from(file.subarray(array.offset, array.offset + array.byteLength))
}

function readFloats(part: PackedPart, array: PackedArray): Float32Array {
  return new Float32Array(readBytes(part, array).buffer)
}

/** Rows `[outputs, inputs]` of a packed matrix. */
function dequantize(part: PackedPart, matrix: PackedMatrix): Float64Array {
  const { outputs, inputs } = matrix
  const rows = new Float64Array(outputs * inputs)
  if (matrix.kind === 'dense') {
    const data = readFloats(part, matrix.data)
    for (let n = 0; n < outputs; n++)
      for (let k = 0; k < inputs; k++) rows[n * inputs + k] = data[k * outputs + n] ?? 0
    return rows
  }
  const { bits, blockSize } = matrix
  const data = readBytes(part, matrix.data)
  const scales = readFloats(part, matrix.scales)
  const blocks = Math.ceil(inputs / blockSize)
  for (let n = 0; n < outputs; n++) {
    for (let k = 0; k < inputs; k++) {
      const element = n * blocks * blockSize + k
      const byte = data[bits === 8 ? element : element >> 1] ?? 0
      const q = bits === 8 ? byte - 128 : (element % 2 === 0 ? byte & 15 : byte >> 4) - 8
      rows[n * inputs + k] = q * (scales[n * blocks + Math.floor(k / blockSize)] ?? 0)
    }
  }
  return rows
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + (b[i] ?? 0))
}

function concat(arrays: readonly Float64Array[]): Float64Array {
  return Float64Array.from(arrays.flatMap((array) => [...array]))
}

function softmax(scores: readonly number[]): readonly number[] {
  const max = Math.max(...scores)
  const weights = scores.map((score) => Math.exp(score - max))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}
