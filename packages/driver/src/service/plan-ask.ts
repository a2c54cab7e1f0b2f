import type { Random } from '@shardline/core'
import { checkGrammar, resolveSampling } from '@shardline/engine'
import type { SamplingOptions } from '@shardline/engine'
import type { AskContent } from '@shardline/wire'
import { PromptTooLongError } from '../errors.ts'
import { encodeAsk } from './encode-ask.ts'
import type { ServedModel } from './served-model.ts'
import type { PaidWork } from './paid/ask-market.ts'
import { AskOverPaidError } from './paid/paid-errors.ts'
import { AskInvalidError } from './service-errors.ts'

/** What answers to an ask are made from. */
export interface AskPlan {
  readonly promptTokenIds: readonly number[]
  readonly maxTokens: number
  readonly sampling: SamplingOptions
  readonly stopStrings: readonly string[]
  readonly choices: number
}

/** What an ask is planned with. */
export interface PlanAskInit {
  readonly model: ServedModel
  readonly random: Pick<Random, 'integer'>
  /** Tokens that one answer may be asked to have. */
  readonly answerTokensMax: number
  /** What a request at a market allows. @default no bound */
  readonly paid?: Pick<PaidWork, 'promptTokensMax' | 'outputTokensMax'> | undefined
}

/** Seeds that are drawn stay short enough to be typed again. */
const DRAWN_SEED_BELOW = 1_000_000_000

/**
 * What an ask means for one model: its tokens, and every option filled in.
 *
 * @throws AskInvalidError, PromptTooLongError, InputUnsupportedError, ChatTemplateError, SamplingOptionInvalidError, AskOverPaidError,
 * and the named errors of grammars.
 */
export function planAsk(content: AskContent, init: PlanAskInit): AskPlan {
  const { model, answerTokensMax } = init
  const { maxTokens, stopStrings, choices, grammar } = content
  if (maxTokens !== null && maxTokens > answerTokensMax) {
    throw new AskInvalidError(`maxTokens is ${maxTokens}; at most ${answerTokensMax} are allowed`)
  }
  const sampling = samplingOf(content, init)
  if (grammar !== null) checkGrammar(grammar)
  const promptTokenIds = encodeAsk(content.input, model)
  if (promptTokenIds.length === 0) throw new AskInvalidError('the input is empty')
  const room = model.contextLength - promptTokenIds.length
  if (room < 1) throw new PromptTooLongError(promptTokenIds.length, model.contextLength - 1)
  return {
    promptTokenIds,
    maxTokens: Math.min(room, maxTokens ?? answerTokensMax, paidTokens(promptTokenIds.length, choices, init)),
    sampling,
    stopStrings,
    choices,
  }
}

/** Tokens that each choice may have for what is held; each gets the same. */
function paidTokens(promptTokens: number, choices: number, { paid }: PlanAskInit): number {
  if (paid === undefined) return Infinity
  const { promptTokensMax, outputTokensMax } = paid
  if (promptTokens > promptTokensMax) throw new AskOverPaidError('prompt', promptTokens, promptTokensMax)
  if (choices > outputTokensMax) throw new AskOverPaidError('output', choices, outputTokensMax)
  return Math.floor(outputTokensMax / choices)
}

function samplingOf({ sampling, grammar }: AskContent, { model, random }: PlanAskInit): SamplingOptions {
  const { temperature, topP } = model.suggested
  return resolveSampling(
    {
      temperature: sampling.temperature ?? undefined,
      topK: sampling.topK ?? undefined,
      topP: sampling.topP ?? undefined,
      minP: sampling.minP ?? undefined,
      repetitionPenalty: sampling.repetitionPenalty ?? undefined,
      presencePenalty: sampling.presencePenalty ?? undefined,
      frequencyPenalty: sampling.frequencyPenalty ?? undefined,
      logitBias: sampling.logitBias,
      seed: sampling.seed ?? random.integer(DRAWN_SEED_BELOW),
      topLogprobs: sampling.topLogprobs,
      stopTokenIds: model.stopTokenIds,
      grammar: grammar ?? undefined,
    },
    { vocabularySize: model.vocabularySize, defaults: { temperature, topP } },
  )
}
