import type { LayerRange, SessionId } from '@shardline/core'
import { formatLayerRange } from '@shardline/core'
import type { ModelConfig, PackedPart, PackedShard } from '@shardline/model'
import type { StageInit } from './engine-init.ts'
import { createSession } from './create-session.ts'
import { resolveEngineOptions } from './engine-options.ts'
import {
  BatchInvalidError,
  ContextTooLongError,
  PositionUnexpectedError,
  SessionExistsError,
  SessionFullError,
  SessionUnknownError,
  ShardIncompleteError,
} from './errors.ts'
import { isExactShape } from './exactness.ts'
import { stagePorts, buildStageGraph } from './graph/stage-graph.ts'
import { KvCache, KvCacheBudget } from './kv-cache.ts'
import { BRANCHES_MAX, KV_CACHE_BYTES_MAX } from './limits.ts'
import { loadWeights } from './load-weights.ts'
import type { SessionOptions } from './ort/session.ts'
import { Tensor } from './ort/tensor.ts'
import type { WeightStore } from './ort/weight-store.ts'
import { RaggedRunner } from './ragged-runner.ts'
import type { RaggedRow } from './ragged-runner.ts'
import { buildRotaryTables } from './rotary-tables.ts'
import type { BatchSegment, RaggedBatch, Stage, StageMemory } from './stage.ts'

interface OpenSession {
  readonly cache: KvCache
  readonly capacity: number
}

/** A {@link Stage} on ONNX Runtime. */
export class OnnxStage implements Stage {
  readonly layers: LayerRange
  readonly hiddenSize: number
  readonly isExact: boolean
  readonly #config: ModelConfig
  readonly #contextLength: number
  readonly #parts: readonly PackedPart[]
  readonly #weights: WeightStore
  readonly #options: SessionOptions
  readonly #budget: KvCacheBudget
  readonly #sessions = new Map<SessionId, OpenSession>()
  /** One runner for each width, built when it is first needed. */
  readonly #runners = new Map<number, Promise<RaggedRunner>>()
  /** The runners that are ready. */
  readonly #readyRunners: RaggedRunner[] = []
  /** Cache that idle branches write to. */
  readonly #idleCache: KvCache
  /** The run before; the next one waits for it. */
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(init: StageInit, parts: readonly PackedPart[], options: SessionOptions) {
    const { config } = init.shard
    this.layers = init.layers
    this.hiddenSize = config.hiddenSize
    this.isExact = isExactShape(config)
    this.#config = config
    this.#contextLength = Math.min(init.contextLength ?? config.contextLength, config.contextLength)
    this.#parts = parts
    this.#options = options
    this.#budget = new KvCacheBudget(init.kvCacheBytesMax ?? KV_CACHE_BYTES_MAX)
    this.#weights = loadWeights(parts)
    this.#addRotaryTables()
    this.#idleCache = this.#createCache(1)
  }

  /** @throws ShardIncompleteError, EngineOptionError, RuntimeUnavailableError, RuntimeCallError. */
  static async create(init: StageInit): Promise<OnnxStage> {
    const stage = new OnnxStage(init, partsOf(init.shard, init.layers), resolveEngineOptions(init))
    try {
      const widest = init.isWarm === true ? BRANCHES_MAX : 1
      for (let branches = 1; branches <= widest; branches *= 2) await stage.#runner(branches)
      return stage
    } catch (cause) {
      await stage[Symbol.asyncDispose]()
      throw cause
    }
  }

  get memory(): StageMemory {
    return {
      packedWeightBytes: this.#parts.reduce((sum, part) => sum + part.byteLength, 0),
      kvCacheBytes: this.#budget.usedBytes,
    }
  }

  open(session: SessionId, options: { readonly capacity: number }): void {
    const { capacity } = options
    if (this.#sessions.has(session)) throw new SessionExistsError(session)
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > this.#contextLength) {
      throw new ContextTooLongError(capacity, this.#contextLength)
    }
    this.#sessions.set(session, { cache: this.#createCache(1), capacity })
  }

  run(batch: RaggedBatch): Promise<Float32Array> {
    const result = this.#tail.then(() => this.#runNow(batch))
    this.#tail = result.catch(() => undefined)
    return result
  }

  length(session: SessionId): number {
    return this.#session(session).cache.length
  }

  truncate(session: SessionId, length: number): void {
    const { cache } = this.#session(session)
    if (!Number.isInteger(length) || length < 0 || length > cache.length) {
      throw new PositionUnexpectedError({ session, position: length, length: cache.length })
    }
    cache.length = length
  }

  close(session: SessionId): void {
    const cache = this.#sessions.get(session)?.cache
    this.#sessions.delete(session)
    if (cache === undefined) return
    cache[Symbol.dispose]()
    // The bindings let it go, and its memory with it, once no run uses them.
    this.#tail = this.#tail.then(() => this.#forget(cache))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.keys()) this.close(session)
    await this.#tail
    for (const runner of this.#runners.values()) (await runner.catch(() => undefined))?.dispose()
    this.#runners.clear()
    this.#readyRunners.length = 0
    this.#idleCache[Symbol.dispose]()
    this.#weights[Symbol.dispose]()
  }

  async #runNow(batch: RaggedBatch): Promise<Float32Array> {
    this.#checkBatch(batch)
    for (const { session, position, rows } of batch.segments) {
      const { cache } = this.#session(session)
      if (!cache.mustGrowFor(position + rows)) continue
      this.#forget(cache)
      cache.grow(position + rows)
    }
    if (batch.segments.length <= BRANCHES_MAX) return this.#runPart(batch)
    return this.#runInParts(batch)
  }

  async #runInParts(batch: RaggedBatch): Promise<Float32Array> {
    const output = new Float32Array(batch.hidden.length)
    let row = 0
    for (let first = 0; first < batch.segments.length; first += BRANCHES_MAX) {
      const segments = batch.segments.slice(first, first + BRANCHES_MAX)
      const end = segments.reduce((sum, segment) => sum + segment.rows, row)
      const hidden = batch.hidden.subarray(row * this.hiddenSize, end * this.hiddenSize)
      output.set(await this.#runPart({ segments, hidden }), row * this.hiddenSize)
      row = end
    }
    return output
  }

  async #runPart(batch: RaggedBatch): Promise<Float32Array> {
    const runner = await this.#runner(widthFor(batch.segments.length))
    const rows: readonly RaggedRow[] = batch.segments.map((segment) => ({
      cache: this.#session(segment.session).cache,
      position: segment.position,
      rows: segment.rows,
    }))
    const output = await runner.run(rows, batch.hidden)
    for (const { cache, position, rows: count } of rows) cache.length = position + count
    return output
  }

  #runner(branches: number): Promise<RaggedRunner> {
    const known = this.#runners.get(branches)
    if (known !== undefined) return known
    const runner = this.#createRunner(branches)
    this.#runners.set(branches, runner)
    return runner
  }

  async #createRunner(branches: number): Promise<RaggedRunner> {
    const positions = this.#contextLength + 1
    const graph = buildStageGraph({ config: this.#config, parts: this.#parts, branches, positions })
    const session = await createSession(graph, this.#weights, this.#options)
    const runner = new RaggedRunner({
      session,
      branches,
      hiddenSize: this.hiddenSize,
      layers: this.layers,
      idleCache: this.#idleCache,
    })
    this.#readyRunners.push(runner)
    return runner
  }

  /** Makes the bindings let a cache go. Not during a run. */
  #forget(cache: KvCache): void {
    for (const runner of this.#readyRunners) runner.forget(cache)
  }

  #addRotaryTables(): void {
    const positions = this.#contextLength + 1
    const tables = buildRotaryTables(this.#config, positions)
    for (const [name, table] of [
      [stagePorts.cos, tables.cos],
      [stagePorts.sin, tables.sin],
    ] as const) {
      const tensor = Tensor.allocate('f32', [positions, this.#config.headSize / 2])
      tensor.data.set(table)
      this.#weights.add(name, tensor)
    }
  }

  #createCache(tokens: number): KvCache {
    return new KvCache({ config: this.#config, layerCount: this.layers.count, budget: this.#budget }, tokens)
  }

  #session(session: SessionId): OpenSession {
    const open = this.#sessions.get(session)
    if (open === undefined) throw new SessionUnknownError(session)
    return open
  }

  #checkBatch(batch: RaggedBatch): void {
    const seen = new Set<SessionId>()
    let rows = 0
    for (const segment of batch.segments) {
      this.#checkSegment(segment)
      if (seen.has(segment.session))
        throw new BatchInvalidError(`session ${segment.session} occurs twice in a batch`)
      seen.add(segment.session)
      rows += segment.rows
    }
    if (rows === 0) throw new BatchInvalidError('a batch without rows was given; it takes at least one')
    if (rows * this.hiddenSize !== batch.hidden.length) {
      throw new BatchInvalidError(
        `${batch.hidden.length} numbers were given for ${rows} rows of ${this.hiddenSize}`,
      )
    }
  }

  #checkSegment(segment: BatchSegment): void {
    const { session, position, rows } = segment
    const { cache, capacity } = this.#session(session)
    if (!Number.isInteger(rows) || rows < 1) {
      throw new BatchInvalidError(`session ${session} has ${rows} rows in a batch; it takes at least one`)
    }
    if (!Number.isInteger(position) || position < 0 || position > cache.length) {
      throw new PositionUnexpectedError({ session, position, length: cache.length })
    }
    if (position + rows > capacity) throw new SessionFullError({ session, length: position + rows, capacity })
  }
}

/** The smallest power of two that holds `segments` branches. */
function widthFor(segments: number): number {
  let width = 1
  while (width < segments) width *= 2
  return width
}

function partsOf(shard: PackedShard, layers: LayerRange): readonly PackedPart[] {
  const parts: PackedPart[] = []
  for (let layer = layers.first; layer < layers.first + layers.count; layer++) {
    const part = shard.parts.find(
      (candidate) => candidate.part.kind === 'layer' && candidate.part.layer === layer,
    )
    if (part === undefined) throw new ShardIncompleteError(`layer ${layer} of ${formatLayerRange(layers)}`)
    parts.push(part)
  }
  if (parts.length === 0) throw new ShardIncompleteError('any layer: the range is empty')
  return parts
}
