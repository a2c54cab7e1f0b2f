import type { Milliseconds } from '@shardline/core'
import { STAGES_MAX } from '@shardline/core'
import { EVIDENCE_SESSIONS_MAX } from '@shardline/node'
import { PipelineSettingInvalidError, WorkersMissingError } from './errors.ts'
import * as limits from './limits.ts'

/** Limits that a driver can be given. */
export interface DriverLimits {
  /** Rows of prompts in one frame. @default PREFILL_CHUNK_ROWS */
  readonly prefillChunkRows?: number | 'all'
  /** Prefill rows on their way at the most. @default one chunk per worker and PREFILL_CHUNKS_SPARE more */
  readonly prefillRowsInFlightMax?: number
  /**
   * Frames with decode rows on their way at the most. 1 gathers all sessions into one batch: best where the stages share
   * one machine's cores. @default one for each stage, so that all can work at the same time
   */
  readonly decodeFramesInFlightMax?: number
  /** @default FRAMES_IN_FLIGHT_MAX */
  readonly framesInFlightMax?: number
  /** @default FRAME_PAYLOAD_BYTES_MAX */
  readonly framePayloadBytesMax?: number
  /** @default SESSIONS_MAX */
  readonly sessionsMax?: number
  /** 32, for example, lets a busy share have 32 rows in a frame beside another's single one. @default SHARE_ROWS_FACTOR_MAX */
  readonly shareRowsFactorMax?: number
  /** @default SHARE_PROMPT_ROWS_MAX */
  readonly sharePromptRowsMax?: number
  /** @default SHARE_RIDE_FRAMES_MIN */
  readonly shareRideFramesMin?: number
  /** @default SHARE_IDLE_MS_MAX */
  readonly shareIdleMsMax?: Milliseconds
  /** @default REQUESTS_WAITING_MAX */
  readonly requestsWaitingMax?: number
  /** @default ANSWER_CHUNKS_BUFFERED_MAX */
  readonly answerChunksBufferedMax?: number
  /** @default DIAL_MS_MAX */
  readonly dialMsMax?: Milliseconds
  /** @default DESCRIBE_MS_MAX */
  readonly describeMsMax?: Milliseconds
  /** @default STAGE_PROGRESS_MS_MAX */
  readonly stageProgressMsMax?: Milliseconds
  /** @default FRAME_PROGRESS_MS_MAX */
  readonly frameProgressMsMax?: Milliseconds
  /** @default RECEIPT_MS_MAX */
  readonly receiptMsMax?: Milliseconds
  /** Closed sessions of which hashes are kept for receipts. @default EVIDENCE_SESSIONS_MAX of the stages */
  readonly evidenceSessionsMax?: number
  /** 0 measures nothing: a pipeline's speed stays as planned. @default MEASURE_MS_MAX */
  readonly measureMsMax?: Milliseconds
  /** 0 breaks the pipeline at the first loss. @default REPAIRS_MAX */
  readonly repairsMax?: number
  /** @default REPAIRS_RECENT_MAX */
  readonly repairsRecentMax?: number
  /** @default REPAIR_MS_MAX */
  readonly repairMsMax?: Milliseconds
  /** @default REFORM_MS_MAX */
  readonly reformMsMax?: Milliseconds
  /** @default REPAIR_RETRY_MS_MIN */
  readonly repairRetryMsMin?: Milliseconds
  /** @default REPAIR_RETRY_MS_MAX */
  readonly repairRetryMsMax?: Milliseconds
  /** @default SPARE_RETRY_MS_MIN */
  readonly spareRetryMsMin?: Milliseconds
  /** @default SPARE_RETRY_MS_MAX */
  readonly spareRetryMsMax?: Milliseconds
}

/** {@link DriverLimits} with every default filled in, and what follows from them. */
export interface DriverSettings {
  readonly contextLength: number
  readonly prefillChunkRows: number
  readonly prefillRowsInFlightMax: number
  readonly decodeFramesInFlightMax: number
  readonly frameRowsMax: number
  readonly frameSessionsMax: number
  readonly framesInFlightMax: number
  readonly sessionsMax: number
  readonly shareRowsFactorMax: number
  readonly sharePromptRowsMax: number
  readonly shareRideFramesMin: number
  readonly shareIdleMsMax: Milliseconds
  readonly requestsWaitingMax: number
  readonly chunksBufferedMax: number
  readonly dialMsMax: Milliseconds
  readonly describeMsMax: Milliseconds
  readonly stageProgressMsMax: Milliseconds
  readonly frameProgressMsMax: Milliseconds
  readonly receiptMsMax: Milliseconds
  readonly evidenceSessionsMax: number
  readonly measureMsMax: Milliseconds
  readonly repairsMax: number
  readonly repairsRecentMax: number
  readonly repairMsMax: Milliseconds
  readonly reformMsMax: Milliseconds
  readonly repairRetryMsMin: Milliseconds
  readonly repairRetryMsMax: Milliseconds
  readonly spareRetryMsMin: Milliseconds
  readonly spareRetryMsMax: Milliseconds
}

/** What the settings depend on. */
export interface DriverSettingsInit {
  readonly workers: readonly string[]
  /** The model's width and its longest sequence. */
  readonly config: { readonly hiddenSize: number; readonly contextLength: number }
  readonly contextLength: number | undefined
  readonly limits: DriverLimits
}

/** Settings that are plain numbers: the smallest value, and the default. */
const NUMBERS = Object.freeze({
  framesInFlightMax: [1, limits.FRAMES_IN_FLIGHT_MAX],
  framePayloadBytesMax: [1, limits.FRAME_PAYLOAD_BYTES_MAX],
  sessionsMax: [1, limits.SESSIONS_MAX],
  shareRowsFactorMax: [1, limits.SHARE_ROWS_FACTOR_MAX],
  sharePromptRowsMax: [1, limits.SHARE_PROMPT_ROWS_MAX],
  shareRideFramesMin: [1, limits.SHARE_RIDE_FRAMES_MIN],
  shareIdleMsMax: [0, limits.SHARE_IDLE_MS_MAX],
  requestsWaitingMax: [0, limits.REQUESTS_WAITING_MAX],
  answerChunksBufferedMax: [1, limits.ANSWER_CHUNKS_BUFFERED_MAX],
  dialMsMax: [1, limits.DIAL_MS_MAX],
  describeMsMax: [1, limits.DESCRIBE_MS_MAX],
  stageProgressMsMax: [1, limits.STAGE_PROGRESS_MS_MAX],
  frameProgressMsMax: [1, limits.FRAME_PROGRESS_MS_MAX],
  receiptMsMax: [1, limits.RECEIPT_MS_MAX],
  evidenceSessionsMax: [1, EVIDENCE_SESSIONS_MAX],
  measureMsMax: [0, limits.MEASURE_MS_MAX],
  repairsMax: [0, limits.REPAIRS_MAX],
  repairsRecentMax: [0, limits.REPAIRS_RECENT_MAX],
  repairMsMax: [1, limits.REPAIR_MS_MAX],
  reformMsMax: [1, limits.REFORM_MS_MAX],
  repairRetryMsMin: [1, limits.REPAIR_RETRY_MS_MIN],
  repairRetryMsMax: [1, limits.REPAIR_RETRY_MS_MAX],
  spareRetryMsMin: [1, limits.SPARE_RETRY_MS_MIN],
  spareRetryMsMax: [1, limits.SPARE_RETRY_MS_MAX],
} as const)

/**
 * Fills in the defaults and checks what was given.
 *
 * @throws WorkersMissingError, PipelineSettingInvalidError.
 */
export function resolveDriverSettings(init: DriverSettingsInit): DriverSettings {
  const workers = init.workers.length
  if (workers === 0) throw new WorkersMissingError()
  if (workers > STAGES_MAX) {
    throw new PipelineSettingInvalidError(`${workers} workers were given; at most ${STAGES_MAX} are allowed`)
  }
  const number = (name: keyof typeof NUMBERS): number => {
    const [least, fallback] = NUMBERS[name]
    return atLeast(least, name, init.limits[name] ?? fallback)
  }
  const frameRowsMax = rowsOf(number('framePayloadBytesMax'), init.config.hiddenSize)
  const prefillChunkRows = chunkOf(init.limits.prefillChunkRows ?? limits.PREFILL_CHUNK_ROWS, frameRowsMax)
  const inFlight =
    init.limits.prefillRowsInFlightMax ?? (workers + limits.PREFILL_CHUNKS_SPARE) * prefillChunkRows
  return Object.freeze({
    contextLength: contextOf(init),
    prefillChunkRows,
    prefillRowsInFlightMax: atLeast(1, 'prefillRowsInFlightMax', inFlight),
    // The workers and the validator.
    decodeFramesInFlightMax: atLeast(
      1,
      'decodeFramesInFlightMax',
      init.limits.decodeFramesInFlightMax ?? workers + 1,
    ),
    frameRowsMax,
    frameSessionsMax: limits.FRAME_SESSIONS_MAX,
    framesInFlightMax: number('framesInFlightMax'),
    sessionsMax: number('sessionsMax'),
    shareRowsFactorMax: number('shareRowsFactorMax'),
    sharePromptRowsMax: number('sharePromptRowsMax'),
    shareRideFramesMin: number('shareRideFramesMin'),
    shareIdleMsMax: number('shareIdleMsMax'),
    requestsWaitingMax: number('requestsWaitingMax'),
    chunksBufferedMax: number('answerChunksBufferedMax'),
    dialMsMax: number('dialMsMax'),
    describeMsMax: number('describeMsMax'),
    stageProgressMsMax: number('stageProgressMsMax'),
    frameProgressMsMax: number('frameProgressMsMax'),
    receiptMsMax: number('receiptMsMax'),
    evidenceSessionsMax: number('evidenceSessionsMax'),
    measureMsMax: number('measureMsMax'),
    repairsMax: number('repairsMax'),
    repairsRecentMax: number('repairsRecentMax'),
    repairMsMax: number('repairMsMax'),
    reformMsMax: number('reformMsMax'),
    repairRetryMsMin: number('repairRetryMsMin'),
    repairRetryMsMax: number('repairRetryMsMax'),
    spareRetryMsMin: number('spareRetryMsMin'),
    spareRetryMsMax: number('spareRetryMsMax'),
  })
}

function contextOf(init: DriverSettingsInit): number {
  const { contextLength: modelMax } = init.config
  const contextLength = atLeast(2, 'contextLength', init.contextLength ?? modelMax)
  if (contextLength <= modelMax) return contextLength
  throw new PipelineSettingInvalidError(
    `contextLength is ${contextLength}; the model allows at most ${modelMax}`,
  )
}

function chunkOf(rows: number | 'all', frameRowsMax: number): number {
  return rows === 'all' ? frameRowsMax : Math.min(frameRowsMax, atLeast(1, 'prefillChunkRows', rows))
}

function rowsOf(payloadBytesMax: number, hiddenSize: number): number {
  const rows = Math.floor(payloadBytesMax / (hiddenSize * Float32Array.BYTES_PER_ELEMENT))
  return Math.max(1, Math.min(limits.FRAME_ROWS_MAX, rows))
}

function atLeast(least: number, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new PipelineSettingInvalidError(`${name} is ${value}; it takes a whole number from ${least} on`)
}
