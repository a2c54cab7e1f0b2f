import type { ModelConfig } from '@shardline/model'
import { KvCacheFullError } from './errors.ts'
import { KV_CACHE_STEP_TOKENS_MIN } from './limits.ts'
import { Tensor } from './ort/tensor.ts'

/** Keys and values of one layer, each f32 `[1, kvHeads, capacity, headSize]`. */
export interface LayerCache {
  readonly keys: Tensor<'f32'>
  readonly values: Tensor<'f32'>
}

/** Bytes that the caches of one stage hold, against their limit. */
export class KvCacheBudget {
  readonly #bytesMax: number
  #usedBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** @throws KvCacheFullError if that would go beyond the limit; nothing is taken then. */
  take(bytes: number): void {
    if (this.#usedBytes + bytes > this.#bytesMax)
      throw new KvCacheFullError(this.#usedBytes + bytes, this.#bytesMax)
    this.#usedBytes += bytes
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
  }
}

/** What a cache is made for. */
export interface KvCacheInit {
  readonly config: ModelConfig
  readonly layerCount: number
  readonly budget: KvCacheBudget
}

/**
 * KV cache of one session over the layers of one stage. It grows by doubling as it fills; runs update it in place.
 * It always has room for one token more than it holds: the padding row of the attention writes there.
 */
export class KvCache implements Disposable {
  readonly #init: KvCacheInit
  #layers: readonly LayerCache[]
  #capacity: number
  /** Tokens whose keys and values are valid. */
  length = 0

  /** @throws KvCacheFullError. */
  constructor(init: KvCacheInit, tokens: number) {
    this.#init = init
    this.#capacity = roundCapacity(tokens)
    init.budget.take(this.#bytesFor(this.#capacity))
    this.#layers = this.#allocate(this.#capacity)
  }

  get layers(): readonly LayerCache[] {
    return this.#layers
  }

  /** Makes room for `tokens` tokens and the padding row, keeping what is valid. @throws KvCacheFullError; the cache is as before. */
  reserve(tokens: number): void {
    if (tokens + 1 <= this.#capacity) return
    const capacity = roundCapacity(tokens)
    const { budget } = this.#init
    budget.take(this.#bytesFor(capacity))
    const grown = this.#allocate(capacity)
    for (const [index, layer] of this.#layers.entries()) {
      const target = grown[index]
      if (target === undefined) continue
      this.#copyHeads(layer.keys.data, target.keys.data, capacity)
      this.#copyHeads(layer.values.data, target.values.data, capacity)
    }
    this.#release()
    this.#layers = grown
    this.#capacity = capacity
  }

  [Symbol.dispose](): void {
    this.#release()
    this.#layers = []
    this.#capacity = 0
  }

  #release(): void {
    this.#init.budget.giveBack(this.#bytesFor(this.#capacity))
    for (const layer of this.#layers) {
      layer.keys.dispose()
      layer.values.dispose()
    }
  }

  #allocate(capacity: number): readonly LayerCache[] {
    const { config, layerCount } = this.#init
    const shape = [1, config.kvHeadCount, capacity, config.headSize]
    return Array.from({ length: layerCount }, () => ({
      keys: Tensor.allocate('f32', shape),
      values: Tensor.allocate('f32', shape),
    }))
  }

  #copyHeads(from: Float32Array, to: Float32Array, capacity: number): void {
    const { kvHeadCount, headSize } = this.#init.config
    for (let head = 0; head < kvHeadCount; head++) {
      const start = head * this.#capacity * headSize
      to.set(from.subarray(start, start + this.length * headSize), head * capacity * headSize)
    }
  }

  #bytesFor(capacity: number): number {
    const { config, layerCount } = this.#init
    return layerCount * 2 * config.kvHeadCount * capacity * config.headSize * Float32Array.BYTES_PER_ELEMENT
  }
}

/** The smallest doubling of the first step that holds `tokens` and the padding row. */
function roundCapacity(tokens: number): number {
  let capacity = KV_CACHE_STEP_TOKENS_MIN
  while (capacity < tokens + 1) capacity *= 2
  return capacity
}
