import { formatLayerRange } from '@shardline/core'
import { formatBytes, formatCount, formatMs, formatRate, formatTable } from '../console/format.ts'
import { drawEarnings } from './draw-earnings.ts'
import { plain, styled, tableLines } from './screen-line.ts'
import type { ScreenLine } from './screen-line.ts'
import type { RowRates } from './row-rates.ts'
import type {
  AnswersStatus,
  DriverStatus,
  LayersStatus,
  PipelineStageStatus,
  PipelineStatus,
  TokensStatus,
} from './status-document.ts'

/** Draws a driver: its queue, its tokens, what it earns, and its pipelines stage by stage. */
export function drawDriver(driver: DriverStatus, rates: RowRates): readonly ScreenLine[] {
  const { answers, tokens, deliveries_pending: pending, earnings } = driver
  const facts = [
    answers === null ? undefined : `answers   ${answersText(answers)}`,
    tokens === null ? undefined : `tokens    ${tokensText(tokens)}`,
    earnings === null ? undefined : `earnings  ${drawEarnings(earnings)}`,
    pending === null || pending === 0
      ? undefined
      : `payment   ${formatCount(pending)} answers not handed in yet`,
  ]
  return [
    styled('bold', `driver ${driver.party}${driver.address === null ? '' : `  ${driver.address}`}`),
    ...facts.flatMap((fact) => (fact === undefined ? [] : [plain(`  ${fact}`)])),
    ...(driver.notes ?? []).map((note) => plain(`  ${note}`)),
    ...driver.pipelines.flatMap((pipeline) => drawPipeline(pipeline, rates)),
  ]
}

function answersText({ running, waiting, answered, failed }: AnswersStatus): string {
  const codes = Object.entries(failed).toSorted(([, a], [, b]) => b - a)
  const total = codes.reduce((sum, [, count]) => sum + count, 0)
  const named = codes.slice(0, SHOWN_CODES).map(([code, count]) => `${code} ${formatCount(count)}`)
  const failures = total === 0 ? [] : [`${formatCount(total)} failed (${named.join(', ')})`]
  return [
    `${formatCount(running)} running`,
    `${formatCount(waiting)} waiting`,
    `${formatCount(answered)} answered`,
    ...failures,
  ].join(' · ')
}

const SHOWN_CODES = 3

function tokensText({ total, per_second_10s: last10, per_second_60s: last60 }: TokensStatus): string {
  return `${formatRate(last10)}/s over 10 s · ${formatRate(last60)}/s over 60 s · ${formatCount(total)} in all`
}

function drawPipeline(pipeline: PipelineStatus, rates: RowRates): readonly ScreenLine[] {
  const { model, is_up: isUp, failure, stages } = pipeline
  const state = isUp ? 'up' : `down${failure === null ? '' : `, ${failure}`}; it is formed anew`
  const head = [`pipeline ${model}: ${state}`, ...pipelineFacts(pipeline)].join(' · ')
  const speed = tokenMsText(pipeline)
  let workers = 0
  const rows = stages.map((stage) => {
    const name = stage.role === 'worker' ? `worker ${++workers}` : stage.role
    return stageCells(name, stage, rates.ofPipelineStage(model, stage))
  })
  const header = ['stage', 'holds', 'node', 'a row', 'hop', 'rows/s', 'rows', 'address']
  return [
    isUp ? plain(`  ${head}`) : styled('red', `  ${head}`),
    ...(speed === '' ? [] : [plain(`    ${speed}`)]),
    ...(rows.length === 0 ? [] : tableLines(formatTable([header, ...rows]), 4)),
  ]
}

function pipelineFacts({
  epoch,
  repairs,
  spares,
  answers_running: running,
  answers_waiting: waiting,
}: PipelineStatus): readonly string[] {
  const hot = spares.filter((spare) => spare.hot.length > 0).length
  const last = repairs.last_ms === null ? '' : `, the last took ${formatMs(repairs.last_ms)}`
  return [
    ...(epoch === null ? [] : [`epoch ${epoch}`]),
    ...(running === null || waiting === null ? [] : [`${running} running, ${waiting} waiting`]),
    ...(repairs.done + repairs.failed === 0 ? [] : [`${repairs.done} repairs${last}`]),
    ...(spares.length === 0 ? [] : [`${spares.length} spares, ${hot} hot`]),
  ]
}

function tokenMsText({ token_ms: { planned, predicted, measured } }: PipelineStatus): string {
  return [
    ...(measured === null ? [] : [`${formatMs(measured)} a token`]),
    ...(predicted === null ? [] : [`predicted ${formatMs(predicted)}`]),
    ...(planned === null ? [] : [`planned ${formatMs(planned)}`]),
  ].join(' · ')
}

function stageCells(name: string, stage: PipelineStageStatus, rate: number | undefined): readonly string[] {
  return [
    name,
    `${holdsText(stage.role, stage.layers)}${stage.packed_bytes > 0 ? `, ${formatBytes(stage.packed_bytes)}` : ''}`,
    stage.node,
    stage.decode_ms === null ? '-' : formatMs(stage.decode_ms),
    stage.hop_ms === null ? '-' : formatMs(stage.hop_ms),
    rate === undefined ? '-' : formatRate(rate),
    formatCount(stage.rows),
    stage.address,
  ]
}

/** What a stage holds, in words. */
export function holdsText(role: 'driver' | 'worker' | 'validator', layers: LayersStatus | null): string {
  if (role === 'driver') return 'embedding'
  return layers === null ? 'head' : `layers ${formatLayerRange(layers)}`
}
