import type { LocalCluster } from '@shardline/cli'
import { InvalidValueError } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { resolveSampling } from '@shardline/engine'
import { promptText } from '../workload.ts'

/** Tokens of an answer before and after the moment at which a stage is lost. */
export const TOKENS_BEFORE = 24
/** Enough to see that the answer goes on as it should. */
const TOKENS_AFTER = 24
/** Keeps the answer from ending early. */
const NEVER = -100

/** An answer, and when its tokens came. */
export interface TimedAnswer {
  readonly tokenIds: readonly number[]
  readonly logprobs: readonly number[]
  readonly atMs: readonly number[]
}

/** Options of {@link timeAnswer}. */
export interface TimeAnswerInit {
  readonly clock: Clock
  /** Tokens of the session when `onMoment` is called. */
  readonly contextTokens: number
  readonly onMoment?: () => void
}

/** Has a cluster answer greedily, and calls `onMoment` in the middle of it. @throws what ended the answer. */
export async function timeAnswer(
  { pipeline, checkpoint, tokenizer }: LocalCluster,
  { clock, contextTokens, onMoment }: TimeAnswerInit,
): Promise<TimedAnswer> {
  const promptTokens = contextTokens - TOKENS_BEFORE
  const promptTokenIds = tokenizer?.encode(promptText(1, promptTokens)).slice(0, promptTokens) ?? []
  if (promptTokenIds.length < promptTokens) {
    throw new InvalidValueError(`the prompt has ${promptTokenIds.length} tokens instead of ${promptTokens}`)
  }
  const { vocabularySize, eosTokenIds } = checkpoint.config
  const logitBias = eosTokenIds.map((id) => [id, NEVER] as const)
  const answer = pipeline.generate({
    promptTokenIds,
    maxTokens: TOKENS_BEFORE + TOKENS_AFTER,
    sampling: resolveSampling({ temperature: 0, logitBias }, { vocabularySize }),
    stopStrings: [],
    isDigestWanted: false,
    signal: undefined,
  })
  const atMs: number[] = []
  for await (const { token } of answer) {
    if (token === undefined) continue
    atMs.push(clock.monotonic())
    if (atMs.length === TOKENS_BEFORE) onMoment?.()
  }
  const { tokenIds, logprobs } = await answer.result
  return { tokenIds, logprobs, atMs }
}

/**
 * From `lostMs` to the first token after the longest silence since: what was on its way when the stage was lost may still
 * arrive before it.
 */
export function pauseAfter(lostMs: number, atMs: readonly number[]): number {
  const since = [lostMs, ...atMs.filter((ms) => ms >= lostMs)]
  let longestMs = 0
  let pauseMs = 0
  for (const [index, ms] of since.entries()) {
    const silenceMs = ms - (since[index - 1] ?? ms)
    if (silenceMs <= longestMs) continue
    longestMs = silenceMs
    pauseMs = ms - lostMs
  }
  return pauseMs
}
