/** An X25519 key pair (RFC 7748). The secret part stays inside. */
export interface AgreementKeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /**
   * The 32 bytes that only the holders of the two key pairs know; undefined if the other public key is no use: not 32
   * bytes, or of small order, so that everyone would know the result.
   */
  agree(publicKey: Uint8Array): Uint8Array | undefined
}

/** AES-256-GCM under one key. Nonces are the counters of the Noise specification: each is used once per key. */
export interface Aead {
  /** Ciphertext and 16 bytes of tag. The plaintext is not changed. */
  seal(counter: number, associated: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** The plaintext; undefined if anything of it, the counter, the key or the associated bytes is not what it was. */
  open(counter: number, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
  /**
   * The key that follows this one: the first 32 bytes of what sealing 32 zeros under the counter 2^64 - 1 gives (Noise,
   * section 4.2, REKEY).
   */
  nextKey(): Uint8Array
}

/**
 * What links need of cryptography, and nothing else: one implementation per platform. All calls are synchronous, so that
 * frames keep their order without a queue.
 */
export interface LinkCrypto {
  /** A fresh key pair from the system's randomness. */
  generateKeyPair(): AgreementKeyPair
  /** The key pair of 32 secret bytes. */
  keyPairOf(secret: Uint8Array): AgreementKeyPair
  /** SHA-256 of the parts, one after the other. */
  hash(...parts: readonly Uint8Array[]): Uint8Array
  /** HMAC-SHA-256 of the parts, one after the other (RFC 2104). */
  mac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array
  /** AES-256-GCM under 32 bytes of key. */
  aead(key: Uint8Array): Aead
  /**
   * Whether the holder of an Ed25519 key signed exactly these bytes. Strict: the key is canonical and not of small
   * order, the signature can't be changed into another valid one.
   */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** Whether two byte strings are equal, in a time that depends on their length alone. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}

/** Bytes that sealing adds. */
export const SEAL_BYTES = 16

/** Bytes of public keys of both curves, of shared secrets, hashes and AEAD keys. */
export const KEY_BYTES = 32

/** Bytes of an Ed25519 signature. */
export const LINK_SIGNATURE_BYTES = 64
