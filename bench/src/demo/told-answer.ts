import type { LocalCluster } from '@shardline/cli'
import type { Clock } from '@shardline/core'
import { resolveSampling } from '@shardline/engine'
import type { DemoOptions } from './demo-options.ts'

/** An answer, and when its tokens came. */
export interface ToldAnswer {
  readonly text: string
  readonly tokenIds: readonly number[]
  readonly logprobs: readonly number[]
  /** Milliseconds from each token to the next. */
  readonly gapsMs: readonly number[]
}

/** Options of {@link tellAnswer}. */
export interface TellOptions {
  readonly clock: Clock
  /** Told each piece as it comes, and how many tokens there are with it. */
  readonly onPiece?: (text: string, tokens: number) => void
}

/** Has a cluster answer the prompt of the demonstration. @throws what ended the answer. */
export async function tellAnswer(
  { pipeline, checkpoint, tokenizer, chatTemplate }: LocalCluster,
  { prompt, seed, tokens }: DemoOptions,
  { clock, onPiece }: TellOptions,
): Promise<ToldAnswer> {
  const text = chatTemplate?.render([{ role: 'user', content: prompt }]) ?? prompt
  const { vocabularySize } = checkpoint.config
  const answer = pipeline.generate({
    promptTokenIds: tokenizer?.encode(text, { addSpecial: chatTemplate === undefined }) ?? [],
    maxTokens: tokens,
    sampling: resolveSampling({ ...checkpoint.suggestedSampling, seed }, { vocabularySize }),
    stopStrings: [],
    isDigestWanted: false,
    signal: undefined,
  })
  const atMs: number[] = []
  for await (const { text: piece, token } of answer) {
    if (token !== undefined) atMs.push(clock.monotonic())
    onPiece?.(piece, atMs.length)
  }
  const { text: whole, tokenIds, logprobs } = await answer.result
  const gapsMs = atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? ms))
  return { text: whole, tokenIds, logprobs, gapsMs }
}
