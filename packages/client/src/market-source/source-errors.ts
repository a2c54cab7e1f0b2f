import { ShardlineError } from '@shardline/core'
import type { AnswerPlace } from '../errors.ts'

/** The market has no such model, or nobody said which of several is meant. */
export class MarketModelUnknownError extends ShardlineError {
  override readonly name = 'MarketModelUnknownError'
  readonly code = 'CLIENT_MARKET_MODEL_UNKNOWN'

  constructor(given: string | null, models: readonly string[]) {
    const what = given === null ? 'the ask names no model' : `the market has no model ${given}`
    super(`${what}; it has ${models.length === 0 ? 'none' : models.join(', ')}`, { details: { models } })
  }
}

/** No driver with live capacity does what is demanded. */
export class DriverMissingError extends ShardlineError {
  override readonly name = 'DriverMissingError'
  readonly code = 'CLIENT_DRIVER_MISSING'
  override readonly retryable = true

  constructor(model: string, demanded: readonly string[]) {
    const filters = demanded.length === 0 ? '' : ` that does what is demanded by ${demanded.join(', ')}`
    super(`the market has no driver for ${model}${filters} that can be asked now; try again later`, {
      details: { model, demanded },
    })
  }
}

/** The price is above what the user is ready to pay. */
export class PriceTooHighError extends ShardlineError {
  override readonly name = 'PriceTooHighError'
  readonly code = 'CLIENT_PRICE_TOO_HIGH'
  override readonly retryable = true

  constructor(model: string, maxPrice: string, cause: ShardlineError) {
    super(`${model} costs more than ${maxPrice} microcredits per 1,000,000 tokens now: ${cause.message}`, {
      details: { model, maxPrice },
      cause,
    })
  }
}

/** A second run of an answer, after the first was cut off, says something else than the user has already. */
export class AnswerDivergedError extends ShardlineError {
  override readonly name = 'AnswerDivergedError'
  readonly code = 'CLIENT_ANSWER_DIVERGED'
  readonly place: AnswerPlace

  constructor(place: AnswerPlace, what: string) {
    super(
      `the answer was cut off, and when it was asked for again choice ${place.choice} came out differently from token ${place.token} on: ${what}`,
      { details: { ...place } },
    )
    this.place = place
  }
}

/** The market ended a request before its answer came. Nothing is billed but what was delivered and acknowledged. */
export class RequestEndedError extends ShardlineError {
  override readonly name = 'RequestEndedError'
  readonly code = 'CLIENT_REQUEST_ENDED'
  override readonly retryable = true

  constructor(
    ended: { readonly request: string; readonly state: string; readonly why: string },
    cause: Error,
  ) {
    const { request, state, why } = ended
    super(`request ${request} ended as ${state} (${why}) before its answer did: ${cause.message}`, {
      details: { request, state, why },
      cause,
    })
  }
}

/** The market has a request as delivered, and its driver was lost before all of the answer came. */
export class RequestDeliveredError extends ShardlineError {
  override readonly name = 'RequestDeliveredError'
  readonly code = 'CLIENT_REQUEST_DELIVERED'
  override readonly retryable = true

  constructor(
    delivered: { readonly request: string; readonly promptTokens: number; readonly outputTokens: number },
    cause: Error,
  ) {
    const { request, promptTokens, outputTokens } = delivered
    super(
      `request ${request} was delivered with ${promptTokens} tokens of its prompt and ${outputTokens} of its answer, and not all of that came: ${cause.message}; only what came and is signed is billed`,
      { details: { ...delivered }, cause },
    )
  }
}
