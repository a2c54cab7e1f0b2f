import { fromBase64Url, toBase64Url } from './bytes.ts'
import type { JsonValue } from './canonical-json.ts'
import type { Identity } from './identity.ts'
import type { PartyId } from './party-id.ts'
import { signingBytes } from './signing-bytes.ts'
import { SIGNATURE_BYTES, verifySignature } from './verify-signature.ts'

/** What a statement says, and what for. */
export interface Statement {
  /** Such as `driver-key`: a signature for one purpose is worth nothing for another. */
  readonly purpose: string
  readonly body: JsonValue
}

/**
 * Signs something that stays true: unlike a message it has no time and no nonce, and may be shown to anyone, any number
 * of times. The signature is 64 bytes in base64url.
 *
 * @throws NotCanonicalError if the body has no canonical JSON.
 */
export function signStatement(identity: Identity, statement: Statement): string {
  const signed = { purpose: statement.purpose, signer: identity.id, body: statement.body }
  return toBase64Url(identity.sign(signingBytes('statement', signed)))
}

/**
 * Whether `signer` signed this statement.
 *
 * @throws NotCanonicalError if the body has no canonical JSON.
 */
export async function verifyStatement(
  statement: Statement,
  signer: PartyId,
  signature: string,
): Promise<boolean> {
  const bytes = fromBase64Url(signature, SIGNATURE_BYTES)
  if (bytes === undefined) return false
  const signed = { purpose: statement.purpose, signer, body: statement.body }
  return verifySignature({ id: signer, message: signingBytes('statement', signed), signature: bytes })
}
