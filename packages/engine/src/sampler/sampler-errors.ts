import { ShardlineError } from '@shardline/core'

/** A sampling option is outside what it may be; the message names the option, the value and the range. */
export class SamplingOptionInvalidError extends ShardlineError {
  override readonly name = 'SamplingOptionInvalidError'
  readonly code = 'ENGINE_SAMPLING_OPTION_INVALID'
  /** Name of the option, for example `topP`. */
  readonly option: string

  constructor(option: string, given: string, allowed: string) {
    super(`${option} is ${given}; it must be ${allowed}`, { details: { option, given, allowed } })
    this.option = option
  }
}

/** A stop string is empty, too long, half a character, or there are too many. */
export class StopStringInvalidError extends ShardlineError {
  override readonly name = 'StopStringInvalidError'
  readonly code = 'ENGINE_STOP_STRING_INVALID'

  constructor(problem: string, allowed: string) {
    super(`${problem}; ${allowed}`)
  }
}

/** A row of logits does not have one entry per token of the vocabulary. */
export class LogitsSizeError extends ShardlineError {
  override readonly name = 'LogitsSizeError'
  readonly code = 'ENGINE_LOGITS_SIZE'

  constructor(given: number, expected: number) {
    super(`the row of logits has ${given} entries; the vocabulary has ${expected}`, {
      details: { given, expected },
    })
  }
}

/** A logit is not a number: the model's weights or the computation are broken. */
export class LogitsNotANumberError extends ShardlineError {
  override readonly name = 'LogitsNotANumberError'
  readonly code = 'ENGINE_LOGITS_NAN'

  constructor(tokenId: number) {
    super(
      `the logit of token ${tokenId} is not a number; the weights or the computation before it are broken`,
      {
        details: { tokenId },
      },
    )
  }
}

/** No token is left to choose: each has the logit -Infinity, from the model or from the bias. */
export class TokensAllBannedError extends ShardlineError {
  override readonly name = 'TokensAllBannedError'
  readonly code = 'ENGINE_TOKENS_ALL_BANNED'

  constructor(cause: 'model' | 'bias') {
    super(
      cause === 'model'
        ? 'the model gives every token the logit -Infinity, so none can be chosen'
        : 'the logit bias bans every token that the model allows; leave at least one',
      { details: { source: cause } },
    )
  }
}

/** A token id is not in the vocabulary. */
export class TokenIdOutOfRangeError extends ShardlineError {
  override readonly name = 'TokenIdOutOfRangeError'
  readonly code = 'ENGINE_TOKEN_ID_OUT_OF_RANGE'

  constructor(tokenId: number, vocabularySize: number) {
    super(`token id ${tokenId} is not in the vocabulary; ids are integers from 0 to ${vocabularySize - 1}`, {
      details: { tokenId, vocabularySize },
    })
  }
}
