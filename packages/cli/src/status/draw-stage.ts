import { formatBytes, formatCount, formatRate, formatTable } from '../console/format.ts'
import { holdsText } from './draw-driver.ts'
import { drawEarnings } from './draw-earnings.ts'
import { plain, styled, tableLines } from './screen-line.ts'
import type { ScreenLine } from './screen-line.ts'
import type { RowRates } from './row-rates.ts'
import type { RelayStatus, StageStatus } from './status-document.ts'

/** Draws a worker or a validator: what it did, what it earns, and the pipelines that it has a part in. */
export function drawStage(stage: StageStatus, rates: RowRates): readonly ScreenLine[] {
  const rate = rates.ofStage(stage.node)
  const facts = [
    `${formatCount(stage.sessions_open)} sessions`,
    ...(rate === undefined ? [] : [`${formatRate(rate)} rows/s`]),
    `${formatCount(stage.rows)} rows in ${formatCount(stage.runs)} runs`,
    `records ${formatBytes(stage.record_bytes)}`,
    ...(stage.stale_frames === 0 ? [] : [`${formatCount(stage.stale_frames)} stale frames`]),
    ...(stage.refusals === 0 ? [] : [`${formatCount(stage.refusals)} refusals`]),
  ]
  const rows = stage.pipelines.map((pipeline) => [
    pipeline.id,
    holdsText(stage.role, pipeline.layers),
    pipeline.is_ready ? formatBytes(pipeline.packed_bytes) : 'loading',
    String(pipeline.epoch),
    pipeline.model,
  ])
  return [
    styled('bold', `${stage.role} ${stage.party}  ${stage.node}  ${stage.address}`),
    plain(`  ${facts.join(' · ')}`),
    ...(stage.earnings === null ? [] : [plain(`  earnings  ${drawEarnings(stage.earnings)}`)]),
    ...(stage.notes ?? []).map((note) => plain(`  ${note}`)),
    ...(rows.length === 0
      ? [plain('  no pipeline')]
      : tableLines(formatTable([['pipeline', 'holds', 'weights', 'epoch', 'model'], ...rows]), 2)),
  ]
}

/** Draws a relay. */
export function drawRelay(relay: RelayStatus): readonly ScreenLine[] {
  const refused = Object.values(relay.refused).reduce((sum, count) => sum + count, 0)
  const facts = [
    `${formatCount(relay.registrations)} nodes`,
    `${formatCount(relay.pipes)} pipes open, ${formatCount(relay.pipes_opened)} in all`,
    `${formatBytes(relay.relayed_bytes)} passed on`,
    ...(refused === 0 ? [] : [`${formatCount(refused)} dials refused`]),
  ]
  return [styled('bold', `relay ${relay.party}  ${relay.address}`), plain(`  ${facts.join(' · ')}`)]
}
