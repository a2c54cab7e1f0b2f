import type { PackedPart, PackedShard } from '@shardline/model'
import type { HeadInit } from './engine-init.ts'
import { createSession } from './create-session.ts'
import { resolveEngineOptions } from './engine-options.ts'
import { BatchInvalidError, ShardIncompleteError } from './errors.ts'
import { buildHeadGraph, headPorts } from './graph/head-graph.ts'
import type { Head } from './head.ts'
import { loadWeights } from './load-weights.ts'
import { Binding } from './ort/binding.ts'
import type { OrtSession } from './ort/session.ts'
import { Tensor } from './ort/tensor.ts'
import type { WeightStore } from './ort/weight-store.ts'

interface RowTensors {
  readonly hidden: Tensor<'f32'>
  readonly logits: Tensor<'f32'>
}

/** A {@link Head} on ONNX Runtime. */
export class OnnxHead implements Head {
  readonly hiddenSize: number
  readonly vocabularySize: number
  readonly packedWeightBytes: number
  readonly #weights: WeightStore
  readonly #session: OrtSession
  readonly #binding: Binding
  #tensors: RowTensors | undefined
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(init: {
    readonly shard: PackedShard
    readonly part: PackedPart
    readonly weights: WeightStore
    readonly session: OrtSession
  }) {
    this.hiddenSize = init.shard.config.hiddenSize
    this.vocabularySize = init.shard.config.vocabularySize
    this.packedWeightBytes = init.part.byteLength
    this.#weights = init.weights
    this.#session = init.session
    this.#binding = new Binding(init.session)
  }

  /** @throws ShardIncompleteError, EngineOptionError, RuntimeUnavailableError, RuntimeCallError. */
  static async create(init: HeadInit): Promise<OnnxHead> {
    const { shard } = init
    const part = shard.parts.find((candidate) => candidate.part.kind === 'head')
    if (part === undefined) throw new ShardIncompleteError('the LM head')
    const options = resolveEngineOptions(init)
    const weights = loadWeights([part])
    try {
      const session = await createSession(buildHeadGraph(shard.config, part), weights, options)
      return new OnnxHead({ shard, part, weights, session })
    } catch (cause) {
      weights[Symbol.dispose]()
      throw cause
    }
  }

  logits(rows: Float32Array, count: number): Promise<Float32Array> {
    const result = this.#tail.then(() => this.#run(rows, count))
    this.#tail = result.catch(() => undefined)
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail
    this.#binding.dispose()
    this.#session.dispose()
    this.#releaseTensors()
    this.#weights[Symbol.dispose]()
  }

  async #run(rows: Float32Array, count: number): Promise<Float32Array> {
    if (!Number.isInteger(count) || count < 1 || count * this.hiddenSize !== rows.length) {
      throw new BatchInvalidError(`${rows.length} numbers were given for ${count} rows of ${this.hiddenSize}`)
    }
    const tensors = this.#tensorsFor(count)
    tensors.hidden.data.set(rows)
    await this.#binding.run()
    return tensors.logits.data
  }

  #tensorsFor(count: number): RowTensors {
    if (this.#tensors?.hidden.shape[1] === count) return this.#tensors
    this.#releaseTensors()
    const tensors: RowTensors = {
      hidden: Tensor.allocate('f32', [1, count, this.hiddenSize]),
      logits: Tensor.allocate('f32', [1, count, this.vocabularySize]),
    }
    this.#binding.bind(headPorts.hidden, tensors.hidden)
    this.#binding.bind(headPorts.logits, tensors.logits)
    this.#tensors = tensors
    return tensors
  }

  #releaseTensors(): void {
    this.#tensors?.hidden.dispose()
    this.#tensors?.logits.dispose()
  }
}
