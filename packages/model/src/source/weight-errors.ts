import { ShardlineError } from '@shardline/core'

/** A node doesn't have the range of a file that it was asked for. */
export class WeightsNotHeldError extends ShardlineError {
  override readonly name = 'WeightsNotHeldError'
  readonly code = 'MODEL_WEIGHTS_NOT_HELD'

  constructor(peer: string, what: string) {
    super(`${peer} does not hold ${what}`, { details: { peer, what } })
  }
}

/** A node gave something else than the bytes that the model's files have. It is asked no more. */
export class WeightsWrongError extends ShardlineError {
  override readonly name = 'WeightsWrongError'
  readonly code = 'MODEL_WEIGHTS_WRONG'

  constructor(peer: string, given: string, file: string) {
    super(`${peer} gave ${given} of ${file}; it is asked no more`, { details: { peer, given, file } })
  }
}

/** Nobody who may hold a model's file gives a part of it. */
export class WeightsUnavailableError extends ShardlineError {
  override readonly name = 'WeightsUnavailableError'
  readonly code = 'MODEL_WEIGHTS_UNAVAILABLE'
  override readonly retryable = true

  /** @param reasons why, by who was asked. */
  constructor(what: string, reasons: ReadonlyMap<string, string>) {
    const why = [...reasons].map(([peer, reason]) => `${peer}: ${reason}`).join('; ')
    super(
      `${what} can be had from nobody${why === '' ? ': no node is known that holds the model' : ` (${why})`}`,
      {
        details: { what, peers: [...reasons.keys()] },
      },
    )
  }
}
