import { formatLayerRange } from '@shardline/core'
import type { AnswerResult, PipelinePrediction, StageReport } from '@shardline/driver'
import { compareStep } from './compare-step.ts'
import { formatBytes, formatCount, formatMs, formatRate, formatTable } from './format.ts'

/** Draws the stages in the order that a token takes, with what each did for one answer. */
export function drawStages(stages: readonly StageReport[]): string {
  const names = nameStages(stages)
  const rows = stages.map((stage, index) => {
    const corner = index === 0 ? '┌' : index === stages.length - 1 ? '└' : '├'
    return [`  ${corner} ${names[index] ?? ''}`, holds(stage), ...speed(stage), stage.address]
  })
  return formatTable(rows)
}

/** One line about how fast an answer was; with a prediction, how fast it was foretold to be. */
export function drawTimings(result: AnswerResult, prediction?: PipelinePrediction): string {
  const { timings } = result
  const parts = [
    `${formatCount(result.tokenIds.length)} tokens`,
    `${formatRate(timings.decodeTokensPerSecond)} tokens/s`,
    `prompt ${formatCount(timings.prefillTokens)} tokens at ${formatRate(timings.prefillTokensPerSecond)}/s`,
    `first token after ${formatMs(timings.timeToFirstTokenMs)}`,
  ]
  const step = compareStep(result, prediction)
  if (step !== undefined) {
    parts.splice(2, 0, `${formatMs(step.measuredMs)} a token, predicted ${formatMs(step.predictedMs)}`)
  }
  if (result.reusedTokens > 0) parts.push(`${formatCount(result.reusedTokens)} tokens from the cache`)
  if (result.finishReason !== 'stop')
    parts.push(result.finishReason === 'length' ? 'cut at the limit' : 'stopped')
  return `${parts.join(' · ')}\n`
}

/** Names of the stages for people: `driver`, `worker 1`, …, `validator`. */
export function nameStages(stages: readonly StageReport[]): readonly string[] {
  let workers = 0
  return stages.map((stage) => (stage.role === 'worker' ? `worker ${++workers}` : stage.role))
}

function holds(stage: StageReport): string {
  const size = stage.packedBytes > 0 ? `, ${formatBytes(stage.packedBytes)}` : ''
  switch (stage.role) {
    case 'driver':
      return 'embedding'
    case 'worker':
      return `layers ${stage.layers === undefined ? '-' : formatLayerRange(stage.layers)}${size}`
    case 'validator':
      return `head${size}`
  }
}

function speed(stage: StageReport): readonly [string, string] {
  const decodeMs = stage.decodeComputeMs
  if (decodeMs === undefined || decodeMs <= 0) return ['', '']
  return [`${formatMs(decodeMs)} a token`, `${formatRate(1000 / decodeMs)} tokens/s`]
}
