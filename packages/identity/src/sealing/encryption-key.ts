import type { Random } from '@shardline/core'
import { requireLength } from '../bytes.ts'
import { EncryptionKeyInvalidError } from '../errors.ts'
import { loadSodium } from '../sodium.ts'

/** Bytes of an X25519 key, public or secret. */
export const ENCRYPTION_KEY_BYTES = 32

/** An X25519 key pair (RFC 7748) that others seal to. */
export interface EncryptionKeyPair {
  /** 32 bytes, for everyone. */
  readonly publicKey: Uint8Array
  /** 32 bytes, for nobody else. */
  readonly secretKey: Uint8Array
}

/** A new key pair. */
export async function createEncryptionKey(random: Pick<Random, 'bytes'>): Promise<EncryptionKeyPair> {
  return encryptionKeyOf(random.bytes(ENCRYPTION_KEY_BYTES))
}

/**
 * The key pair of a secret key of 32 bytes.
 *
 * @throws InvalidValueError if it has another length.
 */
export async function encryptionKeyOf(secretKey: Uint8Array): Promise<EncryptionKeyPair> {
  requireLength('a secret key', secretKey, ENCRYPTION_KEY_BYTES)
  const sodium = await loadSodium()
  return { publicKey: sodium.crypto_scalarmult_base(secretKey), secretKey }
}

/** The two keys that sender and receiver agree on, one for each direction, as `crypto_kx` of libsodium derives them. */
export interface AgreedKeys {
  /** 32 bytes: from the sender to the receiver. */
  readonly toReceiver: Uint8Array
}

/**
 * What the sender's one-time key and the receiver's public key give.
 *
 * @throws EncryptionKeyInvalidError if the receiver's key is of small order: everyone would know the result.
 */
export async function agreeAsSender(sender: EncryptionKeyPair, receiver: Uint8Array): Promise<AgreedKeys> {
  if (receiver.length !== ENCRYPTION_KEY_BYTES) throw new EncryptionKeyInvalidError(receiver.length)
  const sodium = await loadSodium()
  try {
    const keys = sodium.crypto_kx_client_session_keys(sender.publicKey, sender.secretKey, receiver)
    return { toReceiver: keys.sharedTx }
  } catch (cause) {
    throw new EncryptionKeyInvalidError(receiver.length, cause)
  }
}

/** The same from the receiver's secret key and the sender's public key. @throws EncryptionKeyInvalidError as {@link agreeAsSender}. */
export async function agreeAsReceiver(receiver: EncryptionKeyPair, sender: Uint8Array): Promise<AgreedKeys> {
  if (sender.length !== ENCRYPTION_KEY_BYTES) throw new EncryptionKeyInvalidError(sender.length)
  const sodium = await loadSodium()
  try {
    const keys = sodium.crypto_kx_server_session_keys(receiver.publicKey, receiver.secretKey, sender)
    return { toReceiver: keys.sharedRx }
  } catch (cause) {
    throw new EncryptionKeyInvalidError(sender.length, cause)
  }
}
