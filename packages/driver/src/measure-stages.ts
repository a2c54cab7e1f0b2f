import type { Clock, Log, Milliseconds, PipelineId } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { MeasuredMessage } from '@shardline/wire'
import { StageAnswerUnexpectedError } from './errors.ts'
import { HOP_MS, MEASURE_CONTEXT_TOKENS, MEASURE_PREFILL_MS_MAX } from './limits.ts'
import { usualRoundTrip } from './round-trip.ts'
import type { SpeedPrediction, StageTime } from './speed-prediction.ts'
import { predictSpeed } from './speed-prediction.ts'
import type { StageLink } from './stage-link.ts'

/** What {@link measureStages} measures. */
export interface MeasureInit {
  readonly id: PipelineId
  /** Workers in order of their layers, then the validator. */
  readonly links: readonly StageLink[]
  /** What was foretold before they were loaded; stands where a stage can't be measured. */
  readonly planned: SpeedPrediction
  readonly contextLength: number
  /** How long one stage may take. */
  readonly measureMsMax: Milliseconds
  readonly signal: AbortSignal | undefined
  readonly log: Log
  readonly clock: Clock
}

/** Tokens in the cache for the first of a worker's two times. */
const SHORT_CONTEXT_TOKENS = 16
/** Time of a prompt's row against that of a decode row, at most: many rows share the reading of the weights. */
const PREFILL_ROW_SHARE = 0.5

/**
 * Times the stages one after the other, so that those on one machine don't disturb each other, and the links between them.
 * A stage that can't be measured keeps what was planned, and says why in the log. Never rejects for a stage.
 */
export async function measureStages(init: MeasureInit): Promise<SpeedPrediction> {
  const { links, planned } = init
  const contextTokens = Math.min(MEASURE_CONTEXT_TOKENS, init.contextLength - 1)
  const stages: StageTime[] = []
  for (const [index, stage] of planned.stages.entries()) {
    const link = links[index]
    stages.push(link === undefined ? stage : await measureStage(link, stage, { ...init, contextTokens }))
  }
  const [first, exit] = [links[0], links.at(-1)]
  const entryRoundTripMs = first && (await usualRoundTrip(first, init.clock))
  const last = stages.at(-1)
  const lastRoundTripMs = exit && (await usualRoundTrip(exit, init.clock))
  const closed =
    last === undefined || lastRoundTripMs === undefined
      ? stages
      : [...stages.slice(0, -1), { ...last, linkMs: HOP_MS + lastRoundTripMs / 2 }]
  return predictSpeed({
    entryMs: entryRoundTripMs === undefined ? planned.entryMs : HOP_MS + entryRoundTripMs / 2,
    stages: closed,
    contextTokens,
    decodeFramesInFlightMax: planned.decodeFramesInFlightMax,
  })
}

interface StageMeasureInit extends MeasureInit {
  readonly contextTokens: number
}

async function measureStage(link: StageLink, stage: StageTime, init: StageMeasureInit): Promise<StageTime> {
  const { contextTokens } = init
  try {
    if (stage.role === 'validator') {
      const { rowMs } = await ask(link, 0, init)
      return { ...stage, computeMs: rowMs, isMeasured: true }
    }
    const shortTokens = Math.min(SHORT_CONTEXT_TOKENS, contextTokens)
    const short = await ask(link, shortTokens, init)
    const linkMs = short.nextRoundTripMs === null ? stage.linkMs : HOP_MS + short.nextRoundTripMs / 2
    const isLongWorth = short.rowMs * PREFILL_ROW_SHARE * contextTokens <= MEASURE_PREFILL_MS_MAX
    if (contextTokens === shortTokens || !isLongWorth) {
      return { ...stage, computeMs: short.rowMs, linkMs, isMeasured: true }
    }
    const long = await ask(link, contextTokens, init)
    const perTokenMs = Math.max(0, (long.rowMs - short.rowMs) / (contextTokens - shortTokens))
    return { ...stage, computeMs: Math.max(long.rowMs, short.rowMs), perTokenMs, linkMs, isMeasured: true }
  } catch (cause) {
    const { code, message } = fromUnknown(cause)
    init.log.warn('stage-unmeasured', { pipeline: init.id, ...link.identity, code, reason: message })
    return stage
  }
}

async function ask(link: StageLink, position: number, init: MeasureInit): Promise<MeasuredMessage> {
  const reply = await link.request((request) => ({ kind: 'measure', request, pipeline: init.id, position }), {
    what: 'its speed',
    silenceMsMax: init.measureMsMax,
    onProgress: undefined,
    signal: init.signal,
  })
  if (reply.kind !== 'measured')
    throw new StageAnswerUnexpectedError(link.identity, `${reply.kind} to measure`)
  return reply
}
