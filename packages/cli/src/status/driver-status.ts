import type { LayerRange } from '@shardline/core'
import type {
  AnswerService,
  Pipeline,
  ServedPipeline,
  ServiceCounters,
  SpareReport,
  StageReport,
} from '@shardline/driver'
import { statusNotes } from './status-notes.ts'
import type {
  AnswersStatus,
  DriverStatus,
  EarningsStatus,
  LayersStatus,
  PipelineStageStatus,
  PipelineStatus,
  RepairsStatus,
  SpareStatus,
  TokenMsStatus,
  TokensStatus,
} from './status-document.ts'

type PipelineFacts = Omit<PipelineStatus, 'answers_running' | 'answers_waiting' | 'tokens'>

const NO_PIPELINE: Omit<PipelineFacts, 'model'> = Object.freeze({
  id: null,
  epoch: null,
  is_up: false,
  failure: null,
  repairs: {
    done: 0,
    failed: 0,
    replaced_stages: 0,
    restarted_sessions: 0,
    replayed_rows: 0,
    last_ms: null,
  },
  token_ms: { planned: null, predicted: null, measured: null },
  stages: [],
  spares: [],
})

/** A driver that answers others. */
export function servingDriverStatus(
  service: Pick<AnswerService, 'driver' | 'address' | 'counters' | 'pipelines'>,
  earnings: EarningsStatus | null,
  notes: readonly (string | undefined)[] = [],
): DriverStatus {
  const { counters, pipelines } = service
  return {
    role: 'driver',
    party: service.driver,
    address: service.address,
    answers: answersStatus(counters),
    tokens: sumTokens(pipelines.map(({ tokens }) => tokensStatus(tokens))),
    links: counters.links,
    deliveries_pending: counters.deliveriesPending,
    pipelines: pipelines.map((served) => ({
      ...pipelineStatus(served.model, served.pipeline),
      answers_running: served.answersRunning,
      answers_waiting: served.answersWaiting,
      tokens: tokensStatus(served.tokens),
    })),
    earnings,
    ...statusNotes(notes),
  }
}

/** A driver that answers its own terminal. */
export function talkingDriverStatus(
  party: string,
  {
    model,
    pipeline,
    notes,
  }: { readonly model: string; readonly pipeline: Pipeline; readonly notes: readonly string[] },
): DriverStatus {
  return {
    role: 'driver',
    party,
    address: null,
    answers: null,
    tokens: null,
    links: null,
    deliveries_pending: null,
    pipelines: [
      { ...pipelineStatus(model, pipeline), answers_running: null, answers_waiting: null, tokens: null },
    ],
    earnings: null,
    ...statusNotes(notes),
  }
}

function answersStatus(counters: ServiceCounters): AnswersStatus {
  return {
    running: counters.answersRunning,
    waiting: counters.answersWaiting,
    open: counters.answersOpen,
    answered: counters.asksAnswered,
    failed: Object.fromEntries(counters.asksFailed),
  }
}

function tokensStatus(tokens: ServedPipeline['tokens']): TokensStatus {
  return {
    total: tokens.total,
    per_second_10s: tokens.perSecond(10),
    per_second_60s: tokens.perSecond(60),
  }
}

function sumTokens(all: readonly TokensStatus[]): TokensStatus {
  const sum = (field: keyof TokensStatus): number => all.reduce((total, tokens) => total + tokens[field], 0)
  return {
    total: sum('total'),
    per_second_10s: sum('per_second_10s'),
    per_second_60s: sum('per_second_60s'),
  }
}

function pipelineStatus(model: string, pipeline: Pipeline | undefined): PipelineFacts {
  if (pipeline === undefined) return { model, ...NO_PIPELINE }
  const { id, epoch, over, failure, repairs, stages, spares = [] } = pipeline
  return {
    model,
    id,
    epoch,
    is_up: !over.aborted,
    failure: failure?.code ?? null,
    repairs: repairsStatus(repairs),
    token_ms: tokenMsStatus(pipeline),
    stages: stages.map(stageOf),
    spares: spares.map(spareOf),
  }
}

function tokenMsStatus({ prediction, stepMs }: Pipeline): TokenMsStatus {
  return {
    planned: prediction?.planned.stepMs ?? null,
    predicted: prediction?.formed.stepMs ?? null,
    measured: stepMs ?? null,
  }
}

function repairsStatus(repairs: Pipeline['repairs']): RepairsStatus {
  return {
    done: repairs.repairs,
    failed: repairs.failures,
    replaced_stages: repairs.replacedStages,
    restarted_sessions: repairs.restartedSessions,
    replayed_rows: repairs.replayedRows,
    last_ms: repairs.lastRepairMs ?? null,
  }
}

function stageOf(stage: StageReport): PipelineStageStatus {
  return {
    role: stage.role,
    node: stage.node,
    party: stage.party ?? null,
    layers: layersOf(stage.layers),
    address: stage.address,
    numeric_class: stage.numericClass,
    packed_bytes: stage.packedBytes,
    load_ms: stage.loadMs,
    rows: stage.rows,
    compute_ms: stage.computeMs,
    decode_ms: stage.decodeComputeMs ?? null,
    hop_ms: stage.hopMs ?? null,
  }
}

function spareOf({ role, node, party, address, hot }: SpareReport): SpareStatus {
  return { role, node: node ?? null, party: party ?? null, address, hot: hot.map(layersOf) }
}

/** Layers as the document has them. */
export function layersOf(layers: LayerRange | undefined): LayersStatus | null {
  return layers === undefined ? null : { first: layers.first, count: layers.count }
}
