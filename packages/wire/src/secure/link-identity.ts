/** Who this side is on its links. An identity of `@shardline/identity` is one. */
export interface LinkIdentity {
  /** 32 bytes of Ed25519. */
  readonly publicKey: Uint8Array
  /** The 64 bytes of an Ed25519 signature (RFC 8032) over `message`. */
  sign(message: Uint8Array): Uint8Array
}
