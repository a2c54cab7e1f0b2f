import type { Clock, Random } from '@shardline/core'
import { fromBase64Url, toBase64Url } from './bytes.ts'
import type { JsonValue } from './canonical-json.ts'
import { SignatureMalformedError, SignatureMissingError, SignatureWrongError } from './errors.ts'
import { checkFresh, spendNonce } from './freshness.ts'
import type { FreshnessInit } from './freshness.ts'
import type { Identity } from './identity.ts'
import { NONCE_BYTES, NONCE_CHARACTERS_MAX, PURPOSE_CHARACTERS_MAX } from './limits.ts'
import { partyId } from './party-id.ts'
import type { PartyId } from './party-id.ts'
import { signingBytes } from './signing-bytes.ts'
import { SIGNATURE_BYTES, verifySignature } from './verify-signature.ts'

/** Everything that a message's signature covers. */
export interface SignedFields<Body extends JsonValue = JsonValue> {
  /** What the message is for, such as `market/claim`: a signature for one purpose is worth nothing for another. */
  readonly purpose: string
  readonly signer: PartyId
  /** The signer's time in milliseconds since the Unix epoch. */
  readonly issuedAtMs: number
  /** Makes two messages with the same body different. */
  readonly nonce: string
  /** What is said. If a repetition elsewhere would do harm, it names whom it is for. */
  readonly body: Body
}

/** A message with its signature: plain JSON. */
export interface SignedMessage<Body extends JsonValue = JsonValue> extends SignedFields<Body> {
  /** 64 bytes in base64url. */
  readonly signature: string
}

/** What {@link signMessage} takes. */
export interface SignMessageInit<Body extends JsonValue> {
  readonly identity: Identity
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  readonly purpose: string
  readonly body: Body
}

/** What {@link verifyMessage} takes. */
export interface VerifyMessageInit<Body extends JsonValue> extends FreshnessInit {
  readonly message: SignedMessage<Body>
  /** The only purpose that is accepted. */
  readonly purpose: string
}

/**
 * Signs a message that is good for one use within a minute.
 *
 * @throws NotCanonicalError if the body has no canonical JSON.
 */
export function signMessage<Body extends JsonValue>(init: SignMessageInit<Body>): SignedMessage<Body> {
  const fields: SignedFields<Body> = {
    purpose: init.purpose,
    signer: init.identity.id,
    issuedAtMs: init.clock.now(),
    nonce: toBase64Url(init.random.bytes(NONCE_BYTES)),
    body: init.body,
  }
  const signature = init.identity.sign(signingBytes('message', { ...fields }))
  return { ...fields, signature: toBase64Url(signature) }
}

/**
 * Checks a message that may come from anyone, and uses up its nonce. The body's own shape is the caller's to check.
 *
 * @throws SignatureMissingError, SignatureMalformedError, PartyIdInvalidError, NotCanonicalError, MessageStaleError,
 * SignatureWrongError, NonceReusedError.
 */
export async function verifyMessage<Body extends JsonValue>(
  init: VerifyMessageInit<Body>,
): Promise<SignedFields<Body>> {
  const { fields, signature } = readMessage(init.message)
  if (fields.purpose !== init.purpose)
    throw new SignatureWrongError(fields.signer, `it is for another purpose`)
  checkFresh(fields.issuedAtMs, init)
  const message = signingBytes('message', { ...fields })
  if (!(await verifySignature({ id: fields.signer, message, signature }))) {
    throw new SignatureWrongError(fields.signer)
  }
  await spendNonce(fields, init)
  return fields
}

/** Whether a text can be a nonce: one to 64 characters of base64url. */
export function isNonce(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NONCE_CHARACTERS_MAX && /^[\w-]+$/.test(value)
}

function readMessage<Body extends JsonValue>(
  message: SignedMessage<Body>,
): { readonly fields: SignedFields<Body>; readonly signature: Uint8Array } {
  // What arrives has this type only by the caller's word.
  const { purpose, signer, issuedAtMs, nonce, body, signature } = message
  if (typeof signature !== 'string' || typeof signer !== 'string') {
    throw new SignatureMissingError(typeof signature === 'string' ? 'signer' : 'signature')
  }
  const bytes = fromBase64Url(signature, SIGNATURE_BYTES)
  if (bytes === undefined) throw new SignatureMalformedError('the signature', '64 bytes in base64url')
  if (typeof purpose !== 'string' || purpose.length > PURPOSE_CHARACTERS_MAX) {
    throw new SignatureMalformedError('the purpose', `a text of at most ${PURPOSE_CHARACTERS_MAX} characters`)
  }
  if (!Number.isSafeInteger(issuedAtMs)) throw new SignatureMalformedError('the time', 'whole milliseconds')
  if (!isNonce(nonce)) {
    throw new SignatureMalformedError('the nonce', `1 to ${NONCE_CHARACTERS_MAX} characters of base64url`)
  }
  return { fields: { purpose, signer: partyId(signer), issuedAtMs, nonce, body }, signature: bytes }
}
