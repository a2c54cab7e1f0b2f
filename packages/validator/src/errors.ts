import { ShardlineError } from '@shardline/core'

/** Rows of a session came before the driver said what to do with them. */
export class SessionNotOpenedError extends ShardlineError {
  override readonly name = 'SessionNotOpenedError'
  readonly code = 'VALIDATOR_SESSION_NOT_OPENED'

  constructor(session: string) {
    super(`session ${session} was not opened here; send session-open and wait for its answer first`, {
      details: { session },
    })
  }
}

/** Rows are to be scored in a session that was opened without targets. */
export class ScoreNotAskedError extends ShardlineError {
  override readonly name = 'ScoreNotAskedError'
  readonly code = 'VALIDATOR_SCORE_NOT_ASKED'

  constructor(session: string) {
    super(`rows of session ${session} are to be scored, but its session-open has no score`, {
      details: { session },
    })
  }
}

/** Tokens are to be signed by a validator that was started without an identity. */
export class SignerMissingError extends ShardlineError {
  override readonly name = 'SignerMissingError'
  readonly code = 'VALIDATOR_SIGNER_MISSING'

  constructor() {
    super('this validator has no identity to sign tokens with; answers without an ask need none')
  }
}
