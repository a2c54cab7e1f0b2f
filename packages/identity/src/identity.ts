import type { Random } from '@shardline/core'
import { requireLength } from './bytes.ts'
import { partyIdOf } from './party-id.ts'
import type { PartyId } from './party-id.ts'
import { loadSodium } from './sodium.ts'

/** Bytes of the seed that an identity is made from. Whoever has the seed is that party. */
export const SEED_BYTES = 32

/** Someone who can sign: the private key stays inside. */
export interface Identity {
  readonly id: PartyId
  /** 32 bytes of Ed25519. */
  readonly publicKey: Uint8Array
  /** The 64 bytes of an Ed25519 signature (RFC 8032) over `message`. Use {@link signMessage} and its like: they separate purposes. */
  sign(message: Uint8Array): Uint8Array
}

/** A new identity. To be able to keep it, draw 32 bytes yourself and give them to {@link identityFromSeed}. */
export async function createIdentity(random: Random): Promise<Identity> {
  return identityFromSeed(random.bytes(SEED_BYTES))
}

/**
 * The identity of a seed of 32 bytes; the same seed gives the same identity.
 *
 * @throws InvalidValueError if the seed has another length.
 */
export async function identityFromSeed(seed: Uint8Array): Promise<Identity> {
  requireLength('a seed', seed, SEED_BYTES)
  const sodium = await loadSodium()
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  return Object.freeze({
    id: partyIdOf(publicKey),
    publicKey,
    sign: (message: Uint8Array) => sodium.crypto_sign_detached(message, privateKey),
  })
}
