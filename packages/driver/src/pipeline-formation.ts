import type { Clock, Epoch, LayerRange, Log, Milliseconds, PipelineId, ShardlineError } from '@shardline/core'
import { AbortedError, CleanupStack, fromUnknown } from '@shardline/core'
import type { ModelConfig, Precision } from '@shardline/model'
import { dialPeer, parsePeerAddress } from '@shardline/node'
import type { PlanMessage, ReadyMessage, Transport } from '@shardline/wire'
import { checkDescription } from './check-description.ts'
import { PipelineSettingInvalidError, StageAnswerUnexpectedError, StageUnreachableError } from './errors.ts'
import { measureStages } from './measure-stages.ts'
import { checkHeadFits, planWorkers, predictPlan } from './plan-formation.ts'
import type { MetNode } from './plan-formation.ts'
import type { PlanObjective } from './planner.ts'
import { shortestRoundTrip } from './round-trip.ts'
import type { PipelinePrediction, SpeedPrediction } from './speed-prediction.ts'
import type { StageIdentity } from './stage-identity.ts'
import { StageLink } from './stage-link.ts'

/** How far a stage is with loading. */
export interface StageProgress {
  readonly stage: StageIdentity
  readonly what: string
  readonly doneBytes: number
  readonly totalBytes: number
}

/** What forming works with. */
export interface FormationComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
}

/** What is to be formed. */
export interface FormationInit {
  readonly id: PipelineId
  readonly epoch: Epoch
  readonly workers: readonly string[]
  readonly validator: string
  readonly model: { readonly reference: string; readonly digest: string; readonly config: ModelConfig }
  readonly precision: Precision
  /** One range per worker, by hand; undefined lets the planner choose. */
  readonly layers: readonly LayerRange[] | undefined
  /** Layers that nodes held in the plan before, by node id. */
  readonly previous: ReadonlyMap<string, LayerRange>
  readonly objective: PlanObjective
  readonly contextLength: number
  readonly sessionsMax: number
  readonly onProgress: ((progress: StageProgress) => void) | undefined
  readonly dialMsMax: Milliseconds
  readonly describeMsMax: Milliseconds
  readonly stageProgressMsMax: Milliseconds
  readonly measureMsMax: Milliseconds
  readonly decodeFramesInFlightMax: number
  readonly signal: AbortSignal | undefined
}

/** One stage that is ready. */
export interface FormedStage {
  readonly link: StageLink
  readonly ready: ReadyMessage
}

/** A pipeline whose stages are all loaded and linked. */
export interface Formation {
  /** In order of their layers. */
  readonly workers: readonly FormedStage[]
  readonly validator: FormedStage
  readonly prediction: PipelinePrediction
}

interface Met extends MetNode {
  readonly link: StageLink
}

/**
 * Reaches all nodes at once, asks what they are, checks and plans, lets all load at the same time and waits until each is
 * linked to the next. The plans go out from the last stage to the first, so that a stage is mostly known where it is dialed.
 * If anything fails, what was done is undone: every node is released and every link closed.
 *
 * @throws StageUnreachableError, StageSilentError, StageUnsuitableError, StageFailedError, StageLostError,
 * StageAnswerUnexpectedError, AbortedError, and what {@link planLayers} throws; each names the node and the reason.
 */
export async function formStages(components: FormationComponents, init: FormationInit): Promise<Formation> {
  await using undo = new CleanupStack()
  const addresses = [...init.workers, init.validator]
  const met = await allOrFirst(
    addresses.map(
      (address, index): Start<Met> =>
        (signal) =>
          meet({ components, init, undo, signal }, { address, index }),
    ),
    init.signal,
  )
  const validator = met.at(-1)
  const workers = met.slice(0, -1)
  if (validator === undefined) throw new PipelineSettingInvalidError('no validator was given')
  checkHeadFits(validator, init)
  const plan = planWorkers(workers, validator, init)
  const planned = predictPlan(plan, { workers, validator }, init)
  for (const entry of plan) workers[entry.index]?.link.identify({ layers: entry.layers })
  const ordered = plan.flatMap((entry) => workers[entry.index] ?? [])
  const stages = [...ordered, validator]
  for (const { link } of stages) components.log.info('stage-planned', { pipeline: init.id, ...link.identity })
  const loads = stages
    .map((stage, index) => ({ stage, next: stages[index + 1]?.link.dialAddress ?? null }))
    .toReversed()
  const ready = await loadAll(loads, init)
  const formed = loads.map(({ stage }, index) => ({ link: stage.link, ready: ready[index] })).toReversed()
  for (const { link } of formed) components.log.info('stage-ready', { pipeline: init.id, ...link.identity })
  undo.release()
  const complete = formed.flatMap(({ link, ready: answer }) =>
    answer === undefined ? [] : [{ link, ready: answer }],
  )
  const last = complete.at(-1)
  if (last === undefined) throw new PipelineSettingInvalidError('no stage was formed')
  const prediction = await foretell(components, init, { planned, links: complete.map(({ link }) => link) })
  return { workers: complete.slice(0, -1), validator: last, prediction }
}

/** A pipeline that takes another's place is wanted soon: its stages aren't measured first. */
async function foretell(
  { log, clock }: FormationComponents,
  init: FormationInit,
  { planned, links }: { readonly planned: SpeedPrediction; readonly links: readonly StageLink[] },
): Promise<PipelinePrediction> {
  const isReplaced = init.previous.size > 0
  const formed = isReplaced ? planned : await measureStages({ ...init, log, clock, links, planned })
  log.info('speed-predicted', {
    pipeline: init.id,
    plannedStepMs: planned.stepMs,
    stepMs: formed.stepMs,
    contextTokens: formed.contextTokens,
    fullTokensPerSecond: formed.fullTokensPerSecond,
  })
  return { planned, formed }
}

type Start<T> = (signal: AbortSignal) => Promise<T>

/**
 * Runs all at once. The first failure aborts the others and is thrown when they have ended: nothing goes on behind the
 * caller's back.
 */
async function allOrFirst<T>(
  starts: readonly Start<T>[],
  signal: AbortSignal | undefined,
): Promise<readonly T[]> {
  const others = new AbortController()
  const both = signal === undefined ? others.signal : AbortSignal.any([signal, others.signal])
  const failures: ShardlineError[] = []
  const results = await Promise.all(
    starts.map(async (start) => {
      try {
        return [await start(both)]
      } catch (cause) {
        failures.push(fromUnknown(cause))
        others.abort()
        return []
      }
    }),
  )
  const [first] = failures
  if (first !== undefined) throw first
  return results.flat()
}

interface Meeting {
  readonly components: FormationComponents
  readonly init: FormationInit
  readonly undo: CleanupStack
  readonly signal: AbortSignal
}

async function meet(
  meeting: Meeting,
  place: { readonly address: string; readonly index: number },
): Promise<Met> {
  const { components, init, undo, signal } = meeting
  const role = place.index < init.workers.length ? 'worker' : 'validator'
  const identity: StageIdentity = {
    role,
    index: role === 'worker' ? place.index : 0,
    address: parsePeerAddress(place.address).address,
    node: undefined,
    layers: undefined,
  }
  const link = new StageLink(
    {
      link: await dial(components, identity, { address: place.address, dialMsMax: init.dialMsMax, signal }),
      clock: components.clock,
    },
    identity,
  )
  undo.add(() => link.close({ kind: 'release', pipeline: init.id }, 'the pipeline could not be formed'))
  const reply = await link.request((request) => ({ kind: 'describe', request }), {
    what: 'its description',
    silenceMsMax: init.describeMsMax,
    onProgress: undefined,
    signal,
  })
  if (reply.kind !== 'description')
    throw new StageAnswerUnexpectedError(link.identity, `${reply.kind} to describe`)
  link.identify({ node: reply.node })
  checkDescription(link.identity, reply, init)
  return {
    link,
    description: reply,
    roundTripMs: await shortestRoundTrip(link),
    get identity() {
      return link.identity
    },
  }
}

async function dial(
  components: FormationComponents,
  identity: StageIdentity,
  options: { readonly address: string; readonly dialMsMax: Milliseconds; readonly signal: AbortSignal },
): ReturnType<Transport['dial']> {
  const over = new AbortController()
  const patience = new AbortController()
  components.clock.sleep(options.dialMsMax, { signal: patience.signal }).then(
    () => over.abort(),
    () => undefined,
  )
  try {
    return await dialPeer(components.transport, options.address, {
      signal: AbortSignal.any([over.signal, options.signal]),
    })
  } catch (cause) {
    if (options.signal.aborted) throw fromUnknown(cause)
    throw new StageUnreachableError(identity, fromUnknown(cause))
  } finally {
    patience.abort()
  }
}

interface Load {
  readonly stage: Met
  /** Address of the stage behind it. */
  readonly next: string | null
}

/** Lets all stages load; a stage that is lost ends it, also one that was ready already. */
async function loadAll(loads: readonly Load[], init: FormationInit): Promise<readonly ReadyMessage[]> {
  const losses: ShardlineError[] = []
  const given = new AbortController()
  for (const { stage } of loads) {
    void stage.link.lost.then((error) => {
      losses.push(error)
      given.abort()
    })
  }
  const until = init.signal === undefined ? given.signal : AbortSignal.any([given.signal, init.signal])
  const starts = loads.map(
    ({ stage, next }): Start<ReadyMessage> =>
      (signal) =>
        load(stage.link, { init, next, signal }),
  )
  try {
    return await allOrFirst(starts, until)
  } catch (cause) {
    throw cause instanceof AbortedError && losses[0] !== undefined ? losses[0] : fromUnknown(cause)
  }
}

interface Plan {
  readonly init: FormationInit
  readonly next: string | null
  readonly signal: AbortSignal
}

async function load(link: StageLink, plan: Plan): Promise<ReadyMessage> {
  const { init, next, signal } = plan
  const layers = link.identity.layers ?? null
  const build = (request: number): PlanMessage => ({
    kind: 'plan',
    request,
    pipeline: init.id,
    epoch: init.epoch,
    model: init.model.reference,
    modelDigest: init.model.digest,
    precision: init.precision,
    layers,
    next,
    contextLength: init.contextLength,
    sessionsMax: init.sessionsMax,
  })
  const reply = await link.request(build, {
    what: 'it to load',
    silenceMsMax: init.stageProgressMsMax,
    onProgress: ({ what, doneBytes, totalBytes }) =>
      init.onProgress?.({ stage: link.identity, what, doneBytes, totalBytes }),
    signal,
  })
  const isAsPlanned =
    reply.kind === 'ready' &&
    reply.pipeline === init.id &&
    reply.epoch === init.epoch &&
    reply.layers?.first === layers?.first &&
    reply.layers?.count === layers?.count
  if (!isAsPlanned)
    throw new StageAnswerUnexpectedError(link.identity, 'it is ready for something else than its plan')
  return reply
}
