import type { Random } from '@shardline/core'
import { resolveSampling } from '@shardline/engine'
import type { GrammarSpec, SamplingOptions } from '@shardline/engine'
import type { Checkpoint } from '@shardline/model'
import type { AnswerFormatFlags } from '../options/answer-format-flags.ts'
import type { LogprobsFlag, SamplingFlags } from '../options/sampling-flags.ts'

/** Seeds that are chosen by chance stay short enough to be typed again. */
const CHOSEN_SEED_BELOW = 1_000_000_000

/** What sampling is resolved from. */
export interface SamplingSource extends Partial<
  SamplingFlags & LogprobsFlag & Pick<AnswerFormatFlags, 'logitBias'>
> {
  readonly grammar?: GrammarSpec | undefined
}

/**
 * The sampling that flags, the checkpoint's suggestion and the defaults make together, in this order.
 * Where no seed was given, one is chosen; the caller reports it.
 *
 * @throws SamplingOptionInvalidError, GrammarSchemaTooLargeError.
 */
export function resolveFlags(flags: SamplingSource, checkpoint: Checkpoint, random: Random): SamplingOptions {
  const { config, suggestedSampling: suggested } = checkpoint
  return resolveSampling(
    {
      temperature: flags.temperature,
      topP: flags.topP,
      topK: flags.topK,
      minP: flags.minP,
      repetitionPenalty: flags.repetitionPenalty,
      presencePenalty: flags.presencePenalty,
      frequencyPenalty: flags.frequencyPenalty,
      logitBias: flags.logitBias,
      grammar: flags.grammar,
      topLogprobs: flags.logprobs,
      seed: flags.seed ?? random.integer(CHOSEN_SEED_BELOW),
      stopTokenIds: config.eosTokenIds,
    },
    {
      vocabularySize: config.vocabularySize,
      defaults: { temperature: suggested.temperature, topP: suggested.topP },
    },
  )
}
