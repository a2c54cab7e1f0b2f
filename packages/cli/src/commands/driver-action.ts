import { createLog, systemClock } from '@shardline/core'
import type { LayerRange } from '@shardline/core'
import type { AnswerTracer } from '@shardline/driver'
import type { Identity } from '@shardline/identity'
import type { PackProgress } from '@shardline/model'
import { chatLoop } from '../chat/chat-loop.ts'
import { hostModel } from '../cluster/driver-host.ts'
import { modelName } from '../cluster/model-name.ts'
import type { DriverHost } from '../cluster/driver-host.ts'
import { openDriverModel } from '../cluster/driver-model.ts'
import type { DriverModelInit } from '../cluster/driver-model.ts'
import { openTransport } from '../cluster/open-transport.ts'
import { STAGE_LINK_LIMITS } from '../cluster/stage-link-limits.ts'
import { linkSecurity } from '../cluster/role-key.ts'
import { nodeName, SOFTWARE } from '../cluster/node-name.ts'
import { Progress } from '../console/progress.ts'
import { drawStages } from '../console/stage-picture.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { InviteNodesOptions } from '../options/invite-nodes-options.ts'
import type { InputFlags, RenderFlags } from '../options/input-options.ts'
import type { ModelOptions, SessionOptions } from '../options/model-options.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import type { PaidOptions } from '../options/paid-options.ts'
import type { StatusOption } from '../options/status-option.ts'
import type { ServeOptions } from '../options/serve-options.ts'
import type { DigestFlag, OutputOptions } from '../options/output-options.ts'
import type { LogprobsFlag, SamplingFlags } from '../options/sampling-flags.ts'
import { StoredKeyRing } from '../keys/stored-key-ring.ts'
import { OptionInvalidError } from '../errors.ts'
import { readInput } from '../prompt/read-input.ts'
import type { StageSource } from '../stages/stage-source.ts'
import { talkingDriverStatus } from '../status/driver-status.ts'
import { openStatus } from '../status/open-status.ts'
import type { DriverStatus } from '../status/status-document.ts'
import { tracesIfWanted } from '../tracing/traces-if-wanted.ts'
import { answerOnce } from './answer-once.ts'
import type { CommandContext } from './command-context.ts'
import { openStages } from './driver-stages.ts'
import type { StagesInit } from './driver-stages.ts'
import { ownIdentity } from './own-identity.ts'
import { openChat } from './open-chat.ts'
import { untilAborted } from './until-aborted.ts'

/** Options of `shardline driver`. */
export type DriverOptions = Pick<ModelOptions, 'model' | 'precision'> &
  SessionOptions &
  InputFlags &
  RenderFlags &
  SamplingFlags &
  LogprobsFlag &
  DigestFlag &
  OutputOptions &
  StatusOption &
  ServeOptions &
  PaidOptions &
  InviteNodesOptions & {
    /** Undefined finds them on the market, or takes those that enlist; so does the validator. */
    readonly workers: readonly string[] | undefined
    readonly validator: string | undefined
    readonly spareWorkers: readonly string[] | undefined
    readonly spareValidators: readonly string[] | undefined
    readonly key: string | undefined
    readonly layers: readonly LayerRange[] | undefined
    readonly interactive: boolean | undefined
    /** Whether it says how it is reached. */
    readonly announce: boolean
  }

/** Forms a pipeline over running nodes, then answers one prompt or talks. */
export async function runDriver(options: DriverOptions, context: CommandContext): Promise<void> {
  const { serve: listen, market } = options
  if (market !== undefined && listen === undefined) {
    throw new OptionInvalidError('--market pays for what a driver serves; give --serve too')
  }
  if (listen !== undefined) {
    await serveAsks({ ...options, serve: listen }, context)
    return
  }
  const isOneAnswer = isInputGiven(options) && options.interactive !== true
  const input = isOneAnswer ? await readInput(options, context.terminal) : undefined
  const { identity } = await ownIdentity(options, context)
  await using tracing = await tracesIfWanted(identity.id, context)
  const dialing = dialingOf(identity, context)
  await using stages = await openStages(options, dialing, context)
  await using host = await openDriver(
    options,
    { ...dialing, stages: stages.source, tracer: tracing?.tracer },
    context,
  )
  await context.supervised?.ready('driver')
  if (input !== undefined) {
    await answerOnce(host, { input, flags: options, processes: [] }, context)
    return
  }
  const { terminal, interrupt } = context
  const roles = (): readonly DriverStatus[] => [
    talkingDriverStatus(identity.id, {
      model: modelName(host.checkpoint.reference),
      pipeline: host.pipeline,
      notes: stages.source.notes,
    }),
  ]
  const status = { status: options.status, isQuiet: options.quiet === true, roles }
  await using _status = await openStatus(status, context)
  if (options.quiet !== true) {
    terminal.note(`The pipeline is ready:\n${drawStages(host.pipeline.stages)}`)
    if (terminal.isInteractive) terminal.note('/help lists what can be typed.\n')
  }
  await using session = await openChat(host, {
    flags: options,
    system: options.system,
    random: context.random,
  })
  const isQuiet = options.quiet === true
  const talk = { session, terminal, interrupt, isSignalForAnswer: false, isQuiet }
  const answered = await chatLoop({ ...talk, firstPrompt: options.prompt })
  if (answered > 0 || terminal.isInteractive) return
  // Nothing was ever piped in, as under a service manager: the pipeline stays until it is stopped.
  if (!isQuiet) terminal.note('There is no input; the pipeline stays up until it is stopped.\n')
  await untilAborted(interrupt.signal)
}

function isInputGiven(options: DriverOptions): boolean {
  return options.prompt !== undefined || options.file !== undefined || options.ids !== undefined
}

interface OpenDriverInit extends StagesInit {
  readonly stages: StageSource
  readonly tracer: AnswerTracer | undefined
}

async function openDriver(
  options: DriverOptions,
  init: OpenDriverInit,
  context: CommandContext,
): Promise<DriverHost> {
  const progress = progressOf(options, context)
  try {
    return await hostModel(modelInit(options, { ...init, onProgress: progress.report }, context))
  } finally {
    progress.clear()
  }
}

async function serveAsks(
  options: DriverOptions & { readonly serve: ListenAddress },
  context: CommandContext,
): Promise<void> {
  const { runServe } = await import('./serve-action.ts')
  const { identity } = await ownIdentity(options, context)
  await using tracing = await tracesIfWanted(identity.id, context)
  const progress = progressOf(options, context)
  let isReady = false
  const onProgress: PackProgress = (step) => {
    // A pipeline that is formed again in the background must not draw over what is being typed.
    if (!isReady) progress.report(step)
  }
  const onReady = (): void => {
    isReady = true
    progress.clear()
  }
  try {
    const dialing = dialingOf(identity, context)
    await using stages = await openStages(options, dialing, context)
    const given = { ...dialing, stages: stages.source, tracer: tracing?.tracer, onProgress }
    await using model = await openDriverModel(modelInit(options, given, context))
    const keys = options.key === undefined ? undefined : await StoredKeyRing.open(options.key, context)
    const notes = (): readonly string[] => stages.source.notes
    await runServe({ model, identity, listen: options.serve, options, keys, notes, onReady }, context)
  } finally {
    progress.clear()
  }
}

function progressOf(options: DriverOptions, { terminal, clock }: CommandContext): Progress {
  return new Progress({ terminal, clock, isShown: options.json !== true && options.quiet !== true })
}

/** How a driver dials its stages. */
function dialingOf(identity: Identity, { config, random }: CommandContext): StagesInit {
  const log = createLog({ level: config.logLevel, fields: { role: 'driver' } })
  const self = { node: nodeName('driver', random), role: 'driver', software: SOFTWARE } as const
  const transport = openTransport(
    { clock: systemClock, log, random },
    { self, security: linkSecurity(identity, undefined), limits: STAGE_LINK_LIMITS },
  )
  return { identity, transport, log }
}

function modelInit(
  options: DriverOptions,
  { transport, log, stages, tracer, onProgress }: OpenDriverInit & { readonly onProgress: PackProgress },
  { config, interrupt }: CommandContext,
): DriverModelInit {
  return {
    transport,
    model: modelOrBundled(options.model),
    stages,
    precision: options.precision,
    layers: options.layers,
    contextLength: options.context,
    prefillChunkRows: options.prefillChunk,
    cacheFolder: config.cacheFolder,
    hub: config.hub,
    onProgress,
    signal: interrupt.signal,
    log,
    tracer,
  }
}
