import { formatLayerRange } from '@shardline/core'
import type { AnswerEvent } from '@shardline/wire'
import { shortId } from './bill.ts'
import { formatCount, formatMs, formatRate, formatTable } from './format.ts'

/** Who takes part in an answer that was asked for, in the order that a token takes. */
export type AnswerStages = Extract<AnswerEvent, { readonly type: 'started' }>['stages']

/** How an answer ended, as its driver says. */
export type AnswerEnd = Extract<AnswerEvent, { readonly type: 'done' }>

/** Draws who took part in an answer that was asked for over a link. */
export function drawAnswerStages(stages: AnswerStages): string {
  let workers = 0
  const rows = stages.map(({ role, party, layers }, index) => {
    const corner = index === 0 ? '┌' : index === stages.length - 1 ? '└' : '├'
    const name = role === 'worker' ? `worker ${++workers}` : role
    const holds = layers === null ? HOLDS[role] : `layers ${formatLayerRange(layers)}`
    return [`  ${corner} ${name}`, holds, shortId(party)]
  })
  return formatTable(rows)
}

const HOLDS: Readonly<Record<AnswerStages[number]['role'], string>> = {
  driver: 'embedding',
  worker: 'layers',
  validator: 'head',
}

/** One line about how fast an answer was. */
export function drawAnswerTimings(end: AnswerEnd): string {
  const { outputTokens, promptTokens, timeToFirstTokenMs, durationMs } = end
  const decodeMs = durationMs - timeToFirstTokenMs
  const parts = [
    `${formatCount(outputTokens)} tokens`,
    ...(outputTokens > 1 && decodeMs > 0
      ? [`${formatRate(((outputTokens - 1) * 1000) / decodeMs)} tokens/s`]
      : []),
    `prompt ${formatCount(promptTokens)} tokens`,
    `first token after ${formatMs(timeToFirstTokenMs)}`,
    ...(end.isFailover ? ['a node was lost and replaced'] : []),
  ]
  return `${parts.join(' · ')}\n`
}
