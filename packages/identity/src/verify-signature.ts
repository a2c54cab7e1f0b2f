import { publicKeyOf } from './party-id.ts'
import type { PartyId } from './party-id.ts'
import { loadSodium } from './sodium.ts'

/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64

/** What {@link verifySignature} compares. */
export interface SignatureClaim {
  readonly id: PartyId
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Whether `id` signed exactly these bytes. Strict Ed25519: S below the group's order, R and the key in canonical
 * encoding and not of small order; so a signature can't be changed into another valid one.
 */
export async function verifySignature({ id, message, signature }: SignatureClaim): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES) return false
  const sodium = await loadSodium()
  return sodium.crypto_sign_verify_detached(signature, message, publicKeyOf(id))
}
