import { ShardlineError } from '@shardline/core'

export * from './key-files/key-file-errors.ts'

/** A text or key that is no party's id. It is shown if it could be meant as one, and never when it may be somebody's text. */
export class PartyIdInvalidError extends ShardlineError {
  override readonly name = 'PartyIdInvalidError'
  readonly code = 'IDENTITY_ID_INVALID'

  constructor(given: string, why: string) {
    const shown = /^[0-9A-Za-z_-]{0,90}$/.test(given) ? given : `${given.length} characters`
    super(`"${shown}" is no id: ${why}`, { details: { given: shown } })
  }
}

/** libsodium's WebAssembly can't run where this runs. */
export class CryptoUnavailableError extends ShardlineError {
  override readonly name = 'CryptoUnavailableError'
  readonly code = 'IDENTITY_CRYPTO_UNAVAILABLE'

  constructor(cause: unknown) {
    super(
      "WebAssembly can't run here; the Content-Security-Policy of a web page has to allow it by 'wasm-unsafe-eval' in script-src",
      { cause },
    )
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

/** A challenge that this service didn't give out, or not in this form. */
export class ChallengeUnknownError extends ShardlineError {
  override readonly name = 'ChallengeUnknownError'
  readonly code = 'IDENTITY_CHALLENGE_UNKNOWN'

  constructor(why: string) {
    super(`no such challenge: ${why}; ask for a new one`)
  }
}

/** A challenge was answered too late. */
export class ChallengeExpiredError extends ShardlineError {
  override readonly name = 'ChallengeExpiredError'
  readonly code = 'IDENTITY_CHALLENGE_EXPIRED'

  constructor(challengeMsMax: number) {
    super(`the challenge ran out: it can be answered for ${challengeMsMax} ms; ask for a new one`, {
      details: { challengeMsMax },
    })
  }
}

/** A challenge was answered by someone other than who asked for it. */
export class ChallengePartyError extends ShardlineError {
  override readonly name = 'ChallengePartyError'
  readonly code = 'IDENTITY_CHALLENGE_PARTY'

  constructor(party: string) {
    super(`the challenge was given to ${party}, and only that party can answer it`, { details: { party } })
  }
}

/** A challenge was answered before. */
export class ChallengeUsedError extends ShardlineError {
  override readonly name = 'ChallengeUsedError'
  readonly code = 'IDENTITY_CHALLENGE_USED'

  constructor() {
    super('the challenge was answered before, and counts once; ask for a new one')
  }
}

/** A key that is no X25519 public key, or one with which everyone could read along. */
export class EncryptionKeyInvalidError extends ShardlineError {
  override readonly name = 'EncryptionKeyInvalidError'
  readonly code = 'IDENTITY_ENCRYPTION_KEY_INVALID'

  constructor(length: number, cause?: unknown) {
    super(
      `a key of ${length} bytes can't be sealed to; it must be 32 bytes of X25519, and not of small order`,
      {
        details: { length },
        cause,
      },
    )
  }
}

/** A prompt is longer than allowed. */
export class PromptTooLongError extends ShardlineError {
  override readonly name = 'PromptTooLongError'
  readonly code = 'IDENTITY_PROMPT_TOO_LONG'

  constructor(length: number, limit: number) {
    super(`the prompt has ${length} bytes, at most ${limit} are allowed`, { details: { length, limit } })
  }
}

/** Bytes that are no sealed prompt. */
export class SealMalformedError extends ShardlineError {
  override readonly name = 'SealMalformedError'
  readonly code = 'IDENTITY_SEAL_MALFORMED'

  constructor(why: string, cause?: unknown) {
    super(`not a sealed prompt: ${why}`, { cause })
  }
}

/** A sealed prompt was changed, cut short, or not sealed by the key that it names. */
export class SealBrokenError extends ShardlineError {
  override readonly name = 'SealBrokenError'
  readonly code = 'IDENTITY_SEAL_BROKEN'

  constructor(cause?: unknown) {
    super('the seal is broken: the prompt was changed on its way', { cause })
  }
}

/** A prompt is sealed to a key that this driver doesn't have, or not any more. */
export class SealKeyUnknownError extends ShardlineError {
  override readonly name = 'SealKeyUnknownError'
  readonly code = 'IDENTITY_SEAL_KEY_UNKNOWN'

  constructor() {
    super(
      "the prompt is sealed to a key that isn't held here; fetch the driver's current key and seal it again",
    )
  }
}

/** A prompt that was sealed for one request came with another. */
export class SealRequestError extends ShardlineError {
  override readonly name = 'SealRequestError'
  readonly code = 'IDENTITY_SEAL_REQUEST'

  constructor(given: string, expected: string) {
    super(`the prompt was sealed for request ${given}, and came with ${expected}`, {
      details: { given, expected },
    })
  }
}

/** A prompt that was sealed for one driver came to another. */
export class SealDriverError extends ShardlineError {
  override readonly name = 'SealDriverError'
  readonly code = 'IDENTITY_SEAL_DRIVER'

  constructor(given: string, expected: string) {
    super(`the prompt was sealed for driver ${given}, and came to ${expected}`, {
      details: { given, expected },
    })
  }
}

/** A prompt that was sealed at one price came with another. */
export class SealPriceError extends ShardlineError {
  override readonly name = 'SealPriceError'
  readonly code = 'IDENTITY_SEAL_PRICE'

  constructor(given: bigint, expected: bigint) {
    super(`the prompt was sealed at a price of ${given} microcredits, and came with ${expected}`, {
      details: { given, expected },
    })
  }
}

/** A sealed prompt came after its time. */
export class SealExpiredError extends ShardlineError {
  override readonly name = 'SealExpiredError'
  readonly code = 'IDENTITY_SEAL_EXPIRED'

  constructor(expiresAtMs: number) {
    super(`the sealed prompt was good until ${expiresAtMs} ms since 1970; seal it again`, {
      details: { expiresAtMs },
    })
  }
}

/** A sealed prompt is not of the user who tries to read it again. */
export class HistoryKeyWrongError extends ShardlineError {
  override readonly name = 'HistoryKeyWrongError'
  readonly code = 'IDENTITY_HISTORY_KEY_WRONG'

  constructor(requestId: string) {
    super(`request ${requestId} was sealed by another user's key`, { details: { requestId } })
  }
}

/** Bytes that are no sealed answer. */
export class AnswerMalformedError extends ShardlineError {
  override readonly name = 'AnswerMalformedError'
  readonly code = 'IDENTITY_ANSWER_MALFORMED'

  constructor(why: string) {
    super(`not a sealed answer: ${why}`)
  }
}

/** A chunk of an answer was changed, or is sealed to someone else. */
export class AnswerBrokenError extends ShardlineError {
  override readonly name = 'AnswerBrokenError'
  readonly code = 'IDENTITY_ANSWER_BROKEN'

  constructor(index: number, cause?: unknown) {
    super(`chunk ${index} of the answer was changed on its way, or is sealed to another key`, {
      details: { index },
      cause,
    })
  }
}

/** A chunk of an answer is not the next one: one is missing, doubled, or out of order. */
export class AnswerReorderedError extends ShardlineError {
  override readonly name = 'AnswerReorderedError'
  readonly code = 'IDENTITY_ANSWER_REORDERED'

  constructor(given: number, expected: number) {
    super(`chunk ${given} of the answer came where chunk ${expected} belongs`, {
      details: { given, expected },
    })
  }
}

/** An answer stopped before its last chunk. */
export class AnswerTruncatedError extends ShardlineError {
  override readonly name = 'AnswerTruncatedError'
  readonly code = 'IDENTITY_ANSWER_TRUNCATED'

  constructor(chunks: number) {
    super(`the answer was cut off after ${chunks} chunks`, { details: { chunks } })
  }
}

/** Something follows the last chunk of an answer. */
export class AnswerEndedError extends ShardlineError {
  override readonly name = 'AnswerEndedError'
  readonly code = 'IDENTITY_ANSWER_ENDED'

  constructor() {
    super('the answer has ended: no chunk follows the last')
  }
}

/** A chunk of an answer is longer than allowed. */
export class AnswerChunkTooLongError extends ShardlineError {
  override readonly name = 'AnswerChunkTooLongError'
  readonly code = 'IDENTITY_ANSWER_CHUNK_TOO_LONG'

  constructor(length: number, limit: number) {
    super(`a chunk has ${length} bytes, at most ${limit} are allowed`, { details: { length, limit } })
  }
}

/** A field of a driver's key entry is not of its kind. */
export class DriverKeyInvalidError extends ShardlineError {
  override readonly name = 'DriverKeyInvalidError'
  readonly code = 'IDENTITY_DRIVER_KEY_INVALID'

  constructor(field: string, allowed: string) {
    super(`${field} of a driver's key is not ${allowed}`, { details: { field, allowed } })
  }
}

/** A driver's key is not signed by the driver: someone put another key in its place. */
export class DriverKeyForgedError extends ShardlineError {
  override readonly name = 'DriverKeyForgedError'
  readonly code = 'IDENTITY_DRIVER_KEY_FORGED'

  constructor(driverId: string) {
    super(`the key was not signed by driver ${driverId}: seal nothing to it`, { details: { driverId } })
  }
}

/** The log has no key of a driver. */
export class DriverKeyUnknownError extends ShardlineError {
  override readonly name = 'DriverKeyUnknownError'
  readonly code = 'IDENTITY_DRIVER_KEY_UNKNOWN'

  constructor(driverId: string) {
    super(`the log has no key of driver ${driverId}`, { details: { driverId } })
  }
}

/** A key is not what the log shows as its driver's newest. */
export class DriverKeyNotCurrentError extends ShardlineError {
  override readonly name = 'DriverKeyNotCurrentError'
  readonly code = 'IDENTITY_DRIVER_KEY_NOT_CURRENT'

  constructor(driverId: string, why: string) {
    super(`it is not the current key of driver ${driverId}: ${why}`, { details: { driverId } })
  }
}

/** A driver's key is not valid now. */
export class DriverKeyExpiredError extends ShardlineError {
  override readonly name = 'DriverKeyExpiredError'
  readonly code = 'IDENTITY_DRIVER_KEY_EXPIRED'

  constructor(validFromMs: number, validUntilMs: number) {
    super(`the driver's key is valid from ${validFromMs} to ${validUntilMs} ms since 1970, and not now`, {
      details: { validFromMs, validUntilMs },
    })
  }
}

/** A text that is no checkpoint of the log of driver keys, or isn't signed by it. */
export class KeyLogCheckpointError extends ShardlineError {
  override readonly name = 'KeyLogCheckpointError'
  readonly code = 'IDENTITY_KEY_LOG_CHECKPOINT'

  constructor(why: string) {
    super(`not a checkpoint of the log of driver keys: ${why}`)
  }
}

/** A checkpoint of the log of driver keys is too old, or from the future. */
export class KeyLogStaleError extends ShardlineError {
  override readonly name = 'KeyLogStaleError'
  readonly code = 'IDENTITY_KEY_LOG_STALE'

  constructor(ageMs: number, ageMsMax: number) {
    super(`the log's checkpoint is ${ageMs} ms old, at most ${ageMsMax} ms are allowed; fetch a new one`, {
      details: { ageMs, ageMsMax },
    })
  }
}

/** The log of driver keys shows a history that contradicts what it showed before. */
export class KeyLogForkedError extends ShardlineError {
  override readonly name = 'KeyLogForkedError'
  readonly code = 'IDENTITY_KEY_LOG_FORKED'

  constructor(seenSize: number, shownSize: number) {
    super(`the log's checkpoint of ${shownSize} entries does not go on from the ${seenSize} that are known`, {
      details: { seenSize, shownSize },
    })
  }
}

/** An entry is not newer than its driver's last one in the log. */
export class KeyLogEntryError extends ShardlineError {
  override readonly name = 'KeyLogEntryError'
  readonly code = 'IDENTITY_KEY_LOG_ENTRY'

  constructor(driverId: string, given: number, newest: number) {
    super(`key ${given} of driver ${driverId} came after its key ${newest}; only newer ones follow`, {
      details: { driverId, given, newest },
    })
  }
}

/** A proof of a driver's key that can't be read. */
export class KeyProofMalformedError extends ShardlineError {
  override readonly name = 'KeyProofMalformedError'
  readonly code = 'IDENTITY_KEY_PROOF_MALFORMED'

  constructor(why: string) {
    super(`not a proof of a driver's key: ${why}`)
  }
}

/** What should be a receipt has not the form of one, or names another party than its signer. */
export class ReceiptMalformedError extends ShardlineError {
  override readonly name = 'ReceiptMalformedError'
  readonly code = 'IDENTITY_RECEIPT_MALFORMED'

  constructor(why: string) {
    super(`this is no receipt: ${why}`, { details: { why } })
  }
}
