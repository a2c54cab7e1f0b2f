import { ShardlineError } from '@shardline/core'

/** An error that says when it may be worth to try again. */
export interface RetryLater {
  readonly retryAfterMs: number
}

/** As many answers run and wait as the settings allow. */
export class ServiceBusyError extends ShardlineError implements RetryLater {
  override readonly name = 'ServiceBusyError'
  readonly code = 'DRIVER_SERVICE_BUSY'
  override readonly retryable = true
  readonly retryAfterMs: number

  constructor(answersMax: number, retryAfterMs: number) {
    super(
      `${answersMax} answers run or wait here, the limit; try again in ${Math.ceil(retryAfterMs / 1000)} s`,
      { details: { answersMax, retryAfterMs } },
    )
    this.retryAfterMs = retryAfterMs
  }
}

/** One user, or one link, has as many answers open as the settings allow it. */
export class AsksTooManyError extends ShardlineError implements RetryLater {
  override readonly name = 'AsksTooManyError'
  readonly code = 'DRIVER_ASKS_TOO_MANY'
  override readonly retryable = true
  readonly retryAfterMs: number

  constructor(whose: 'link' | 'identity' | 'network', answersMax: number, retryAfterMs: number) {
    super(
      `this ${whose} has ${answersMax} answers open, its limit; wait until one has ended, or cancel one`,
      { details: { whose, answersMax, retryAfterMs } },
    )
    this.retryAfterMs = retryAfterMs
  }
}

/** An ask came a second time. */
export class AskReplayedError extends ShardlineError {
  override readonly name = 'AskReplayedError'
  readonly code = 'DRIVER_ASK_REPLAYED'

  constructor(ask: string) {
    super(`ask ${ask} was taken before; an id is good for one answer`, { details: { ask } })
  }
}

/** A sealed prompt says that it may be answered for longer than this driver remembers its id. */
export class AskExpiryError extends ShardlineError {
  override readonly name = 'AskExpiryError'
  readonly code = 'DRIVER_ASK_EXPIRY'

  constructor(aheadMs: number, aheadMsMax: number) {
    super(`the ask expires ${aheadMs} ms from now; at most ${aheadMsMax} ms are allowed`, {
      details: { aheadMs, aheadMsMax },
    })
  }
}

/** A value in the content of an ask can't be used. The message holds nothing of the content but names and numbers. */
export class AskInvalidError extends ShardlineError {
  override readonly name = 'AskInvalidError'
  readonly code = 'DRIVER_ASK_INVALID'
}

/** The driver serves no such model. */
export class ModelNotServedError extends ShardlineError {
  override readonly name = 'ModelNotServedError'
  readonly code = 'DRIVER_MODEL_NOT_SERVED'

  constructor(models: readonly string[]) {
    super(`the ask names no model that is served here; served are ${models.join(', ')}`, {
      details: { models },
    })
  }
}

/** The model has no way to take this kind of input. */
export class InputUnsupportedError extends ShardlineError {
  override readonly name = 'InputUnsupportedError'
  readonly code = 'DRIVER_INPUT_UNSUPPORTED'

  constructor(model: string, what: 'a text' | 'a chat' | 'tools') {
    const missing = {
      'a text': 'tokenizer',
      'a chat': 'chat template',
      tools: 'chat template that takes them',
    }
    super(`model ${model} can't be given ${what}: it has no ${missing[what]}`, { details: { model, what } })
  }
}

/** The service is about to end, and begins nothing new. */
export class ServiceStoppingError extends ShardlineError {
  override readonly name = 'ServiceStoppingError'
  readonly code = 'DRIVER_SERVICE_STOPPING'
  override readonly retryable = true

  constructor() {
    super('this driver is being stopped; ask it again when it is back, or ask another one')
  }
}

/** The model's pipeline broke, and isn't formed again yet. */
export class PipelineDownError extends ShardlineError implements RetryLater {
  override readonly name = 'PipelineDownError'
  readonly code = 'DRIVER_PIPELINE_DOWN'
  override readonly retryable = true
  readonly retryAfterMs: number

  constructor(model: string, retryAfterMs: number, cause?: Error) {
    super(
      `the pipeline of model ${model} is down and being formed again${cause === undefined ? '' : `: ${cause.message}`}`,
      { details: { model, retryAfterMs }, cause },
    )
    this.retryAfterMs = retryAfterMs
  }
}

/** A client does not take what it asked for. */
export class ClientSlowError extends ShardlineError {
  override readonly name = 'ClientSlowError'
  readonly code = 'DRIVER_CLIENT_SLOW'

  constructor(waitedMs: number) {
    super(`the client took nothing for ${waitedMs} ms, the limit`, { details: { waitedMs } })
  }
}

/** A peer does on a link for clients what no client does. */
export class ClientUnexpectedError extends ShardlineError {
  override readonly name = 'ClientUnexpectedError'
  readonly code = 'DRIVER_CLIENT_UNEXPECTED'

  constructor(what: string) {
    super(`this address is for clients that ask: ${what}`)
  }
}
