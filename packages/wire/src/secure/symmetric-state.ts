import { CipherState } from './cipher-state.ts'
import type { LinkCrypto } from './link-crypto.ts'
import { KEY_BYTES } from './link-crypto.ts'

/** Keys of the two directions. */
export interface SplitKeys {
  readonly dialing: CipherState
  readonly accepting: CipherState
}

const NOTHING = new Uint8Array(0)

/**
 * What a handshake has agreed on so far: a hash of all that was said, and a key of all that was agreed (Noise, section
 * 5.2). Names of methods are the specification's.
 */
export class SymmetricState {
  readonly #crypto: LinkCrypto
  #chainingKey: Uint8Array
  #hash: Uint8Array
  #cipher: CipherState | undefined

  constructor(crypto: LinkCrypto, protocolName: string) {
    this.#crypto = crypto
    const name = new TextEncoder().encode(protocolName)
    const padded = new Uint8Array(KEY_BYTES)
    if (name.byteLength <= KEY_BYTES) padded.set(name)
    this.#hash = name.byteLength <= KEY_BYTES ? padded : crypto.hash(name)
    this.#chainingKey = this.#hash
  }

  /** Hash of all that was said so far. */
  get handshakeHash(): Uint8Array {
    return this.#hash
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#crypto.hash(this.#hash, data)
  }

  mixKey(secret: Uint8Array): void {
    const [chainingKey, key] = this.#derive(secret)
    this.#chainingKey = chainingKey
    this.#cipher = new CipherState(this.#crypto, key)
  }

  /** Seals `plaintext` to all that was said before; in clear as long as there is no key. */
  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const sealed = this.#cipher === undefined ? plaintext : this.#cipher.seal(plaintext, this.#hash)
    this.mixHash(sealed)
    return sealed
  }

  /** Undefined if it doesn't open: another key, another conversation, or changed on its way. */
  decryptAndHash(sealed: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#cipher === undefined ? sealed : this.#cipher.open(sealed, this.#hash)
    if (plaintext !== undefined) this.mixHash(sealed)
    return plaintext
  }

  /** The keys of the link. The handshake's own are not used any more. */
  split(): SplitKeys {
    const [dialing, accepting] = this.#derive(NOTHING)
    return {
      dialing: new CipherState(this.#crypto, dialing),
      accepting: new CipherState(this.#crypto, accepting),
    }
  }

  /** HKDF with two outputs (Noise, section 4.3). */
  #derive(secret: Uint8Array): readonly [Uint8Array, Uint8Array] {
    const crypto = this.#crypto
    const temporary = crypto.mac(this.#chainingKey, secret)
    const first = crypto.mac(temporary, Uint8Array.of(1))
    return [first, crypto.mac(temporary, first, Uint8Array.of(2))]
  }
}
