import type { ModelConfig } from '@shardline/model'
import { KvCacheFullError } from './errors.ts'
import { KV_CACHE_STEP_TOKENS_MIN } from './limits.ts'
import { MemoryBlock } from './ort/memory-block.ts'
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

/** All layers of a cache at one capacity, in one block of memory. */
interface Storage {
  readonly capacity: number
  readonly block: MemoryBlock
  readonly layers: readonly LayerCache[]
}

/**
 * KV cache of one session over the layers of one stage. It grows by doubling as it fills; runs update it in place.
 * It always has room for one token more than it holds: the padding row of the attention writes there.
 */
export class KvCache implements Disposable {
  readonly #init: KvCacheInit
  #storage: Storage
  #isDisposed = false
  /** Tokens whose keys and values are valid. */
  length = 0

  /** @throws KvCacheFullError, MemoryUnavailableError. */
  constructor(init: KvCacheInit, tokens: number) {
    this.#init = init
    this.#storage = this.#allocate(roundCapacity(tokens))
  }

  get layers(): readonly LayerCache[] {
    return this.#storage.layers
  }

  /** Whether the cache must grow to hold `tokens` tokens and the padding row. */
  mustGrowFor(tokens: number): boolean {
    return tokens + 1 > this.#storage.capacity
  }

  /**
   * Grows to hold `tokens` tokens and the padding row, keeping what is valid.
   *
   * @throws KvCacheFullError, MemoryUnavailableError; the cache is as before.
   */
  grow(tokens: number): void {
    const old = this.#storage
    const grown = this.#allocate(roundCapacity(tokens))
    for (let array = 0; array < 2 * this.#init.layerCount; array++) this.#copyArray(array, old, grown)
    this.#storage = grown
    this.#release(old)
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return
    this.#isDisposed = true
    this.#release(this.#storage)
  }

  #release(storage: Storage): void {
    this.#init.budget.giveBack(this.#bytesFor(storage.capacity))
    for (const layer of storage.layers) {
      layer.keys.dispose()
      layer.values.dispose()
    }
    storage.block[Symbol.dispose]()
  }

  #allocate(capacity: number): Storage {
    const { config, layerCount, budget } = this.#init
    const bytes = this.#bytesFor(capacity)
    budget.take(bytes)
    const shape = [1, config.kvHeadCount, capacity, config.headSize]
    const block = allocateBlock(bytes, budget)
    const arrayBytes = bytes / (2 * layerCount)
    const layers = Array.from({ length: layerCount }, (_, layer) => ({
      keys: Tensor.overBlock(block, shape, 2 * layer * arrayBytes),
      values: Tensor.overBlock(block, shape, (2 * layer + 1) * arrayBytes),
    }))
    return { capacity, block, layers }
  }

  /** Copies the valid part of the keys or values of one layer: the tokens of each head lie together. */
  #copyArray(array: number, source: Storage, target: Storage): void {
    const { kvHeadCount, headSize } = this.#init.config
    const tokenBytes = headSize * Float32Array.BYTES_PER_ELEMENT
    for (let head = 0; head < kvHeadCount; head++) {
      const headIndex = array * kvHeadCount + head
      target.block.copy(source.block, {
        from: headIndex * source.capacity * tokenBytes,
        to: headIndex * target.capacity * tokenBytes,
        bytes: this.length * tokenBytes,
      })
    }
  }

  #bytesFor(capacity: number): number {
    const { config, layerCount } = this.#init
    return layerCount * 2 * config.kvHeadCount * capacity * config.headSize * Float32Array.BYTES_PER_ELEMENT
  }
}

/** Memory that was taken from the budget; given back to it if the system has none. */
function allocateBlock(bytes: number, budget: KvCacheBudget): MemoryBlock {
  try {
    return new MemoryBlock(bytes)
  } catch (cause) {
    budget.giveBack(bytes)
    throw cause
  }
}

/** The smallest doubling of the first step that holds `tokens` and the padding row. */
function roundCapacity(tokens: number): number {
  let capacity = KV_CACHE_STEP_TOKENS_MIN
  while (capacity < tokens + 1) capacity *= 2
  return capacity
}
