import type { LayerRange } from '@shardline/core'
import { branchPorts } from './graph/attention.ts'
import { stagePorts } from './graph/stage-graph.ts'
import type { KvCache } from './kv-cache.ts'
import { Binding } from './ort/binding.ts'
import type { OrtSession } from './ort/session.ts'
import { Tensor } from './ort/tensor.ts'
import { layOutRagged } from './ragged-layout.ts'

/** Rows of one sequence in a run. */
export interface RaggedRow {
  /** Has room for `position + rows` tokens and the padding row. */
  readonly cache: KvCache
  readonly position: number
  readonly rows: number
}

/** What a runner is made from. */
export interface RaggedRunnerInit {
  readonly session: OrtSession
  readonly branches: number
  readonly hiddenSize: number
  readonly layers: LayerRange
  readonly idleCache: KvCache
}

interface BranchTensors {
  readonly lastPosition: Tensor<'i32'>
  readonly totalLength: Tensor<'i32'>
}

/** Tensors whose size is the number of rows of a run; kept from run to run while that number stays. */
interface RowTensors {
  readonly hidden: Tensor<'f32'>
  readonly padIndex: Tensor<'i64'>
  readonly keepIndex: Tensor<'i64'>
}

/** Runs the graph of one width: fills its index inputs, binds caches, and keeps the binding from run to run. */
export class RaggedRunner {
  readonly #init: RaggedRunnerInit
  readonly #binding: Binding
  readonly #branches: readonly BranchTensors[]
  readonly #padSizes: Tensor<'i64'>
  /** The cache that each branch is bound to. */
  readonly #bound: (KvCache | undefined)[] = []
  #rowTensors: RowTensors | undefined
  #output: Tensor<'f32'> | undefined

  constructor(init: RaggedRunnerInit) {
    this.#init = init
    this.#binding = new Binding(init.session)
    this.#padSizes = Tensor.allocate('i64', [init.branches])
    if (init.branches > 1) this.#binding.bind(stagePorts.padSizes, this.#padSizes)
    this.#branches = Array.from({ length: init.branches }, (_, branch) => {
      const tensors = { lastPosition: Tensor.allocate('i32', [1]), totalLength: Tensor.allocate('i32', [1]) }
      this.#binding.bind(branchPorts.lastPosition(branch), tensors.lastPosition)
      this.#binding.bind(branchPorts.totalLength(branch), tensors.totalLength)
      return tensors
    })
  }

  /** Runs `[sum of rows, hidden]` of at most `branches` sequences; the result is the caller's own buffer. */
  async run(rows: readonly RaggedRow[], hidden: Float32Array): Promise<Float32Array> {
    const layout = layOutRagged(rows, this.#init.branches)
    for (const [index, size] of layout.padSizes.entries()) this.#padSizes.data[index] = BigInt(size)
    for (let branch = 0; branch < this.#init.branches; branch++) this.#bindBranch(branch, rows[branch])
    const tensors = this.#tensorsFor(layout.rows)
    tensors.hidden.data.set(hidden)
    fill(tensors.padIndex.data, layout.padIndex)
    fill(tensors.keepIndex.data, layout.keepIndex)
    const output = Tensor.allocate('f32', [1, layout.rows, this.#init.hiddenSize])
    this.#binding.bind(stagePorts.output, output)
    this.#output?.dispose()
    this.#output = output
    await this.#binding.run()
    return output.data
  }

  /** Lets a cache go that is about to be freed or to grow. Not during a run. */
  forget(cache: KvCache): void {
    for (const [branch, bound] of this.#bound.entries())
      if (bound === cache) this.#bindCache(branch, this.#init.idleCache)
  }

  dispose(): void {
    this.#binding.dispose()
    this.#init.session.dispose()
    this.#padSizes.dispose()
    this.#output?.dispose()
    this.#releaseRowTensors()
    for (const { lastPosition, totalLength } of this.#branches) {
      lastPosition.dispose()
      totalLength.dispose()
    }
  }

  #bindBranch(branch: number, row: RaggedRow | undefined): void {
    const tensors = this.#branches[branch]
    if (tensors === undefined) return
    const total = row === undefined ? 1 : row.position + row.rows + 1
    tensors.totalLength.data[0] = total
    tensors.lastPosition.data[0] = total - 1
    this.#bindCache(branch, row?.cache ?? this.#init.idleCache)
  }

  #bindCache(branch: number, cache: KvCache): void {
    this.#bound[branch] = cache
    for (const [index, layer] of cache.layers.entries()) {
      const number = this.#init.layers.first + index
      this.#binding.bind(branchPorts.cacheIn('key', number, branch), layer.keys)
      this.#binding.bind(branchPorts.cacheOut('key', number, branch), layer.keys)
      this.#binding.bind(branchPorts.cacheIn('value', number, branch), layer.values)
      this.#binding.bind(branchPorts.cacheOut('value', number, branch), layer.values)
    }
  }

  #tensorsFor(rows: number): RowTensors {
    if (this.#rowTensors?.hidden.shape[1] === rows) return this.#rowTensors
    this.#releaseRowTensors()
    const tensors: RowTensors = {
      hidden: Tensor.allocate('f32', [1, rows, this.#init.hiddenSize]),
      padIndex: Tensor.allocate('i64', [rows + this.#init.branches]),
      keepIndex: Tensor.allocate('i64', [rows]),
    }
    this.#binding.bind(stagePorts.hidden, tensors.hidden)
    this.#binding.bind(stagePorts.padIndex, tensors.padIndex)
    this.#binding.bind(stagePorts.keepIndex, tensors.keepIndex)
    this.#rowTensors = tensors
    return tensors
  }

  #releaseRowTensors(): void {
    this.#rowTensors?.hidden.dispose()
    this.#rowTensors?.padIndex.dispose()
    this.#rowTensors?.keepIndex.dispose()
  }
}

function fill(target: BigInt64Array, values: readonly number[]): void {
  for (let i = 0; i < values.length; i++) target[i] = BigInt(values[i] ?? 0)
}
