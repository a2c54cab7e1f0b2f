import type { AskContent } from '@shardline/wire'
import { ANSWER_TOKENS_DEFAULT } from '../limits.ts'
import type { SamplingFlags } from '../options/sampling-flags.ts'

/** What sampling flags say of an ask; what isn't given is left to the driver. */
export function askFields(
  flags: Partial<SamplingFlags>,
): Pick<AskContent, 'maxTokens' | 'stopStrings' | 'sampling'> {
  return {
    maxTokens: flags.maxTokens ?? ANSWER_TOKENS_DEFAULT,
    stopStrings: flags.stop ?? [],
    sampling: {
      temperature: flags.temperature ?? null,
      topK: flags.topK ?? null,
      topP: flags.topP ?? null,
      minP: flags.minP ?? null,
      repetitionPenalty: flags.repetitionPenalty ?? null,
      presencePenalty: flags.presencePenalty ?? null,
      frequencyPenalty: flags.frequencyPenalty ?? null,
      logitBias: [],
      seed: flags.seed ?? null,
      topLogprobs: 0,
    },
  }
}
