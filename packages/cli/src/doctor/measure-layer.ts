import { CleanupStack, sessionId } from '@shardline/core'
import type { Clock, Milliseconds } from '@shardline/core'
import { createStage } from '@shardline/engine'
import type { Stage } from '@shardline/engine'
import { loadShard } from '@shardline/model'
import type { Checkpoint, Precision } from '@shardline/model'

/** Speed and size of one layer of a model on this machine. */
export interface LayerSpeed {
  readonly model: string
  readonly layer: number
  readonly packedBytes: number
  /** Median time of one row of an answer. */
  readonly decodeMs: Milliseconds
  /** Median time of a whole prompt chunk, and its rows. */
  readonly prefillMs: Milliseconds
  readonly prefillRows: number
}

/** Options of {@link measureLayer}. */
export interface MeasureLayerInit {
  readonly precision: Precision
  readonly threads: number | undefined
  readonly isSpinning: boolean | undefined
  readonly cacheFolder: string
  readonly signal: AbortSignal
}

const SESSION = sessionId('doctor')
const PREFILL_ROWS = 64
const ROUNDS = 15
const WARM_UP_ROUNDS = 2

/** Loads the first layer of a model and times it with a prompt chunk and with single rows: medians of several runs. */
export async function measureLayer(
  checkpoint: Checkpoint,
  init: MeasureLayerInit,
  clock: Clock,
): Promise<LayerSpeed> {
  await using cleanup = new CleanupStack()
  const layers = { first: 0, count: 1 }
  const { precision, cacheFolder, signal, threads, isSpinning } = init
  const shard = await loadShard(checkpoint, { layers }, { precision, cacheFolder, signal })
  const stage = await createStage({
    shard,
    layers,
    ...(threads === undefined ? {} : { threads }),
    ...(isSpinning === undefined ? {} : { isSpinning }),
  })
  cleanup.add(async () => stage[Symbol.asyncDispose]())
  const prefillRows = Math.min(PREFILL_ROWS, checkpoint.config.contextLength - 1)
  stage.open(SESSION, { capacity: prefillRows + 1 })
  const prefillMs = await medianRun(stage, { position: 0, rows: prefillRows }, clock)
  const decodeMs = await medianRun(stage, { position: prefillRows, rows: 1 }, clock)
  return {
    model: checkpoint.reference,
    layer: layers.first,
    packedBytes: shard.byteLength,
    decodeMs,
    prefillMs,
    prefillRows,
  }
}

/** Runs the same rows again and again; a position below the session's length rolls it back. */
async function medianRun(
  stage: Stage,
  rows: { readonly position: number; readonly rows: number },
  clock: Clock,
): Promise<Milliseconds> {
  const hidden = new Float32Array(rows.rows * stage.hiddenSize).fill(0.5)
  const times: Milliseconds[] = []
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const startedMs = clock.monotonic()
    await stage.run({ segments: [{ session: SESSION, ...rows }], hidden })
    if (round >= WARM_UP_ROUNDS) times.push(clock.monotonic() - startedMs)
  }
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)] ?? 0
}
