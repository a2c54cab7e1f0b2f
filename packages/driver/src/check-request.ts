import type { GenerateRequest, ScoreRequest } from './driver-types.ts'
import { PromptTooLongError, RequestInvalidError } from './errors.ts'

/** What a pipeline can serve. */
export interface RequestBounds {
  readonly vocabularySize: number
  /** Tokens that a session can hold, those to be generated included. */
  readonly tokensMax: number
}

/**
 * Checks a request for an answer.
 *
 * @returns tokens that can be generated: what was asked for, or fewer if the context has no room for more.
 * @throws RequestInvalidError, PromptTooLongError if not even one token fits.
 */
export function checkGenerate(request: GenerateRequest, bounds: RequestBounds): number {
  const { promptTokenIds, maxTokens } = request
  checkIds(promptTokenIds, bounds)
  if (promptTokenIds.length === 0)
    throw new RequestInvalidError('the context is empty; it needs at least one token')
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 1) {
    throw new RequestInvalidError(`maxTokens is ${maxTokens}; it takes a whole number from 1 on`)
  }
  const room = bounds.tokensMax - promptTokenIds.length
  if (room < 1) throw new PromptTooLongError(promptTokenIds.length, bounds.tokensMax - 1)
  return Math.min(maxTokens, room)
}

/**
 * Checks a request for scores.
 *
 * @throws RequestInvalidError, PromptTooLongError.
 */
export function checkScore(request: ScoreRequest, bounds: RequestBounds): void {
  const { tokenIds, top } = request
  checkIds(tokenIds, bounds)
  if (tokenIds.length < 2) {
    throw new RequestInvalidError(`the text has ${tokenIds.length} tokens; scoring needs at least two`)
  }
  if (!Number.isSafeInteger(top) || top < 0)
    throw new RequestInvalidError(`top is ${top}; it takes a whole number from 0 on`)
  if (tokenIds.length > bounds.tokensMax) throw new PromptTooLongError(tokenIds.length, bounds.tokensMax)
}

function checkIds(ids: readonly number[], bounds: RequestBounds): void {
  const index = ids.findIndex((id) => !Number.isSafeInteger(id) || id < 0 || id >= bounds.vocabularySize)
  if (index < 0) return
  throw new RequestInvalidError(
    `token ${index} has the id ${ids[index]}; the model's ids are 0 to ${bounds.vocabularySize - 1}`,
  )
}
