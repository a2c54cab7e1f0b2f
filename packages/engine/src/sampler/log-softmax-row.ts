import { assert } from '@shardline/core'
import { BestList } from './best-list.ts'
import { exponentiate } from './canonical-exp.ts'
import { canonicalLog } from './canonical-log.ts'
import { LogitsNotANumberError, TokenIdOutOfRangeError, TokensAllBannedError } from './sampler-errors.ts'

/** Logits that are worked on at a time; small enough for the nearest cache. */
const BLOCK_SIZE = 1024

/** What turns the logits of a row into log-probabilities. */
export interface LogNormalizer {
  /** The highest logit. */
  readonly highest: number
  /** ln of the sum of `exp(logit - highest)`; where the highest is +Infinity, ln of the number of those. */
  readonly logTotal: number
}

/** Log-probabilities of one row. */
export interface RowLogprobs {
  /** Natural logs of the targets' probabilities, in the order of the targets. */
  readonly logprobs: readonly number[]
  /** The best tokens, best first, ties to the lowest id; pairs of id and log-probability. */
  readonly top: readonly (readonly [number, number])[]
}

/**
 * Log-probabilities of given tokens and of the best ones under `softmax(logits)`; the same bits on every machine.
 *
 * @param logits f32 `[vocabularySize]`.
 * @param top number of best tokens to report; fewer if the vocabulary is smaller.
 * @throws LogitsNotANumberError, TokensAllBannedError, TokenIdOutOfRangeError.
 */
export function logSoftmaxRow(logits: Float32Array, targets: readonly number[], top: number): RowLogprobs {
  assert(Number.isSafeInteger(top) && top >= 0, 'the number of best tokens is a whole number', { top })
  const normalizer = normalizeRow(logits)
  return {
    logprobs: targets.map((id) => logprobOf(targetLogit(logits, id), normalizer)),
    top: top === 0 ? [] : bestLogprobs(logits, normalizer, { top, best: new BestList(top) }),
  }
}

/** @throws LogitsNotANumberError, TokensAllBannedError. */
export function normalizeRow(logits: Float32Array): LogNormalizer {
  const highest = findHighest(logits)
  if (highest === -Infinity) throw new TokensAllBannedError('model')
  const total = highest === Infinity ? countUnbounded(logits) : sumExponentials(logits, highest)
  return { highest, logTotal: canonicalLog(total) }
}

function findHighest(logits: Float32Array): number {
  let highest = -Infinity
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? 0
    if (logit <= highest) continue
    if (Number.isNaN(logit)) throw new LogitsNotANumberError(id)
    highest = logit
  }
  return highest
}

function sumExponentials(logits: Float32Array, highest: number): number {
  const block = new Float64Array(BLOCK_SIZE)
  let total = 0
  for (let from = 0; from < logits.length; from += BLOCK_SIZE) {
    const count = Math.min(BLOCK_SIZE, logits.length - from)
    for (let i = 0; i < count; i++) block[i] = logits[from + i] ?? 0
    total += exponentiate(block, count, { highest, scale: 1 })
  }
  return total
}

function countUnbounded(logits: Float32Array): number {
  let count = 0
  for (const logit of logits) if (logit === Infinity) count++
  return count
}

/** Natural log of the probability of a token with this logit. */
export function logprobOf(logit: number, normalizer: LogNormalizer): number {
  if (normalizer.highest === Infinity) return logit === Infinity ? -normalizer.logTotal : -Infinity
  return logit - normalizer.highest - normalizer.logTotal
}

/** The `top` best tokens and their log-probabilities, best first. */
export function bestLogprobs(
  logits: Float32Array,
  normalizer: LogNormalizer,
  { top, best }: { readonly top: number; readonly best: BestList },
): readonly (readonly [number, number])[] {
  best.reset(top)
  for (let id = 0; id < logits.length; id++) best.offer(id, logits[id] ?? 0)
  return Array.from({ length: best.count }, (_, rank) => [
    best.id(rank),
    logprobOf(best.value(rank), normalizer),
  ])
}

function targetLogit(logits: Float32Array, id: number): number {
  const logit = Number.isSafeInteger(id) && id >= 0 ? logits[id] : undefined
  if (logit === undefined) throw new TokenIdOutOfRangeError(id, logits.length)
  return logit
}
