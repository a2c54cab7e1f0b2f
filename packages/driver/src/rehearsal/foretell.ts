import type { Clock, Log, Milliseconds, PipelineId } from '@shardline/core'
import { formatLayerRange, fromUnknown } from '@shardline/core'
import { HOP_MS, PLAN_GAIN_MIN } from '../limits.ts'
import type { PipelineCore } from '../pipeline-core.ts'
import type { PlanEntry, PlanRequest } from '../planner.ts'
import type { SpeedParts, SpeedPrediction } from '../speed-prediction.ts'
import { predictSpeed } from '../speed-prediction.ts'
import { betterPlan } from './better-plan.ts'
import { measureWays } from './measure-ways.ts'
import type { LinkWays } from './rehearsed-parts.ts'
import { partsWithWays, rehearsedParts } from './rehearsed-parts.ts'
import { rehearse } from './rehearse.ts'

/** What {@link foretell} works with. */
export interface ForetellComponents {
  readonly clock: Clock
  readonly log: Log
  readonly core: PipelineCore
}

/** What {@link foretell} foretells. */
export interface ForetellInit {
  readonly id: PipelineId
  /** What was foretold before anything was loaded; stands where nothing can be measured. */
  readonly planned: SpeedPrediction
  /** What the plan was made from, and the plan. */
  readonly request: PlanRequest
  readonly plan: readonly PlanEntry[]
  readonly vocabularySize: number
  readonly contextLength: number
  /** Time for all of it; 0 measures nothing. */
  readonly measureMsMax: Milliseconds
  /** Gives it up. */
  readonly signal: AbortSignal | undefined
}

/**
 * Measures a pipeline that was just formed, before it serves anybody: the ways of its links, then a rehearsal. What can't be
 * measured stays as it was planned, and the log says why. Says in the log also if the measured times speak for another plan.
 * Takes `measureMsMax` at the most. Never rejects.
 */
export async function foretell(components: ForetellComponents, init: ForetellInit): Promise<SpeedPrediction> {
  const { clock, log, core } = components
  const over = new AbortController()
  const late = new AbortController()
  clock.sleep(init.measureMsMax, { signal: over.signal }).then(
    () => late.abort(`it took more than ${init.measureMsMax} ms`),
    () => undefined,
  )
  const given = init.signal === undefined ? [] : [init.signal]
  const signal = AbortSignal.any([late.signal, core.over, ...given])
  try {
    const ways = await knownWays(components, init, signal)
    const formed = predictSpeed(await measuredParts(components, { ...init, ways, signal }))
    log.info('speed-predicted', {
      pipeline: init.id,
      plannedTokenMs: init.planned.tokenMs,
      tokenMs: formed.tokenMs,
      contextTokens: formed.contextTokens,
      fullTokensPerSecond: formed.fullTokensPerSecond,
    })
    tellBetterPlan(log, { ...init, formed, ways })
    return formed
  } finally {
    over.abort()
  }
}

/** The links of the pipeline may be pinged until `signal` aborts: a stage that doesn't answer costs no more than that. */
async function knownWays(
  { log, core }: ForetellComponents,
  { id, measureMsMax }: ForetellInit,
  signal: AbortSignal,
): Promise<LinkWays> {
  const links = core.membership.all.map(({ link }) => link)
  const onUnmeasured: Parameters<typeof measureWays>[0]['onUnmeasured'] = (link, cause) => {
    const { code, message } = fromUnknown(cause)
    log.warn('way-unmeasured', { pipeline: id, ...link.identity, code, reason: message })
  }
  const nothing = { entryMs: undefined, stagesMs: [] }
  const gaveUp = new Promise<LinkWays>((resolve) => {
    signal.addEventListener('abort', () => resolve(nothing), { once: true })
    if (signal.aborted) resolve(nothing)
  })
  return Promise.race([measureWays({ id, links, measureMsMax, signal, onUnmeasured }), gaveUp])
}

async function measuredParts(
  { log, core }: ForetellComponents,
  init: ForetellInit & { readonly ways: LinkWays; readonly signal: AbortSignal },
): Promise<SpeedParts> {
  const { planned, ways, signal, vocabularySize, contextLength } = init
  try {
    const nodes = planned.stages.map(({ node }) => node)
    const passes = await rehearse({ core, nodes, vocabularySize, contextLength, signal })
    return rehearsedParts(planned, passes, ways)
  } catch (cause) {
    const { code, message } = fromUnknown(cause)
    log.warn('pipeline-unmeasured', { pipeline: init.id, code, reason: message })
    return partsWithWays(planned, ways, HOP_MS)
  } finally {
    // What the stages did for nobody is no part of the pipeline's statistics.
    core.statistics.clear()
  }
}

function tellBetterPlan(
  log: Log,
  init: ForetellInit & { readonly formed: SpeedPrediction; readonly ways: LinkWays },
): void {
  const better = betterPlan(init)
  // Stages that took no time at all say nothing of each other.
  if (better === undefined || !(better.gain >= PLAN_GAIN_MIN)) return
  log.warn('plan-improvable', {
    pipeline: init.id,
    layers: better.plan.map(({ node, layers }) => `${node}: ${formatLayerRange(layers)}`),
    gain: better.gain,
  })
}
