import { logSoftmaxRow } from '@shardline/engine'
import type { WholeModel } from '../support/whole-model.ts'

/** What a reference says about a text, position by position. */
export interface ForcedText {
  readonly ids: readonly number[]
  readonly mean_nll: number
  readonly top_ids: readonly (readonly number[])[]
  readonly top_logprobs: readonly (readonly number[])[]
}

/** How a model compares with the reference on a forced text. */
export interface ForcedComparison {
  /** Largest difference of any listed log-probability. */
  readonly worst: number
  readonly meanNll: number
  /** Share of positions whose most likely token is the reference's. */
  readonly topShare: number
}

/** Scores a reference's text and compares. */
export async function compareForced(model: WholeModel, reference: ForcedText): Promise<ForcedComparison> {
  const { ids } = reference
  const { vocabularySize } = model.head
  const logits = await model.logits(ids)
  let [worst, nll, agreed] = [0, 0, 0]
  for (const [position, topIds] of reference.top_ids.entries()) {
    const row = logits.subarray(position * vocabularySize, (position + 1) * vocabularySize)
    const next = ids[position + 1]
    const targets = next === undefined ? topIds : [...topIds, next]
    const scored = logSoftmaxRow(row, targets, 1)
    for (const [k, listed] of (reference.top_logprobs[position] ?? []).entries()) {
      worst = Math.max(worst, Math.abs((scored.logprobs[k] ?? Number.NaN) - listed))
    }
    if (next !== undefined) nll -= scored.logprobs[topIds.length] ?? Number.NaN
    if (scored.top[0]?.[0] === topIds[0]) agreed++
  }
  return { worst, meanNll: nll / (ids.length - 1), topShare: agreed / ids.length }
}
