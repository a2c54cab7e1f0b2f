import { ShardlineError } from '@shardline/core'

/** A text or key that is no party's id. */
export class PartyIdInvalidError extends ShardlineError {
  override readonly name = 'PartyIdInvalidError'
  readonly code = 'IDENTITY_ID_INVALID'

  constructor(given: string, why: string) {
    const shown = given.length > 80 ? `${given.slice(0, 80)}…` : given
    super(`"${shown}" is no id: ${why}`, { details: { given: shown } })
  }
}

/** A request or message without one of the fields that say who sent it. */
export class SignatureMissingError extends ShardlineError {
  override readonly name = 'SignatureMissingError'
  readonly code = 'IDENTITY_SIGNATURE_MISSING'

  constructor(field: string) {
    super(`it is not signed: ${field} is missing`, { details: { field } })
  }
}

/** A field that says who sent a request or message is there, but can't be read. */
export class SignatureMalformedError extends ShardlineError {
  override readonly name = 'SignatureMalformedError'
  readonly code = 'IDENTITY_SIGNATURE_MALFORMED'

  constructor(field: string, allowed: string) {
    super(`${field} can't be read; it must be ${allowed}`, { details: { field, allowed } })
  }
}

/** A signature is not one of the party that it claims, over exactly what arrived, for this purpose and audience. */
export class SignatureWrongError extends ShardlineError {
  override readonly name = 'SignatureWrongError'
  readonly code = 'IDENTITY_SIGNATURE_WRONG'

  constructor(signer: string, why = 'it was signed by another key, for another receiver, or was changed') {
    super(`the signature is not one of ${signer} over this: ${why}`, { details: { signer } })
  }
}

/** A message was signed too long ago, or in the future: by a wrong clock, or it was held back. */
export class MessageStaleError extends ShardlineError {
  override readonly name = 'MessageStaleError'
  readonly code = 'IDENTITY_MESSAGE_STALE'

  constructor(ageMs: number, ageMsMax: number) {
    const given = ageMs >= 0 ? `${ageMs} ms ago` : `${-ageMs} ms in the future`
    super(`it was signed ${given} by this clock; at most ${ageMsMax} ms either way are allowed`, {
      details: { ageMs, ageMsMax },
    })
  }
}

/** A message arrived a second time. */
export class NonceReusedError extends ShardlineError {
  override readonly name = 'NonceReusedError'
  readonly code = 'IDENTITY_NONCE_REUSED'

  constructor(signer: string) {
    super(`${signer} used this nonce before: each message counts once`, { details: { signer } })
  }
}

/** More nonces than fit are still within their time; forgetting one would let a repetition in. */
export class NonceMemoryFullError extends ShardlineError {
  override readonly name = 'NonceMemoryFullError'
  readonly code = 'IDENTITY_NONCE_MEMORY_FULL'
  override readonly retryable = true

  constructor(limit: number) {
    super(`${limit} messages of the last minute are remembered, the limit; try again later`, {
      details: { limit },
    })
  }
}

/** A value that JSON can't say without loss, or too large a one, can't be signed. */
export class NotCanonicalError extends ShardlineError {
  override readonly name = 'NotCanonicalError'
  readonly code = 'IDENTITY_NOT_CANONICAL'

  constructor(why: string) {
    super(`the value can't be signed: ${why}`)
  }
}
