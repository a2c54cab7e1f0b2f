import { gcm } from '@noble/ciphers/aes.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Aead, AgreementKeyPair, LinkCrypto } from './link-crypto.ts'
import { KEY_BYTES, LINK_SIGNATURE_BYTES, SEAL_BYTES } from './link-crypto.ts'
import { isStrictPublicKey } from './strict-public-key.ts'

const NONCE_BYTES = 12
const NOTHING = new Uint8Array(0)

class PortableKeyPair implements AgreementKeyPair {
  readonly publicKey: Uint8Array
  readonly #secret: Uint8Array

  constructor(secret: Uint8Array) {
    this.#secret = Uint8Array.from(secret)
    this.publicKey = x25519.getPublicKey(this.#secret)
  }

  agree(publicKey: Uint8Array): Uint8Array | undefined {
    if (publicKey.byteLength !== KEY_BYTES) return undefined
    try {
      return x25519.getSharedSecret(this.#secret, publicKey)
    } catch {
      // A secret of zeros is refused, which is what points of small order lead to.
      return undefined
    }
  }
}

class PortableAead implements Aead {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key)
  }

  seal(counter: number, associated: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return gcm(this.#key, nonceOf(counter), associated).encrypt(plaintext)
  }

  open(counter: number, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.byteLength < SEAL_BYTES) return undefined
    try {
      return gcm(this.#key, nonceOf(counter), associated).decrypt(sealed)
    } catch {
      return undefined
    }
  }

  nextKey(): Uint8Array {
    const nonce = new Uint8Array(NONCE_BYTES).fill(0xff)
    nonce.fill(0, 0, 4)
    return gcm(this.#key, nonce, NOTHING).encrypt(new Uint8Array(KEY_BYTES)).slice(0, KEY_BYTES)
  }
}

/** 32 zero bits and the counter, big-endian (Noise, section 12.4). */
function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  const view = new DataView(nonce.buffer)
  view.setUint32(4, Math.floor(counter / 2 ** 32))
  view.setUint32(8, counter % 2 ** 32)
  return nonce
}

/**
 * Cryptography in JavaScript alone, for every platform with `crypto.getRandomValues`. Web pages have AES and the curves
 * natively too, but only as promises, and links need their answers at once.
 */
export const portableLinkCrypto: LinkCrypto = Object.freeze({
  generateKeyPair: () => new PortableKeyPair(x25519.utils.randomSecretKey()),
  keyPairOf: (secret: Uint8Array) => new PortableKeyPair(secret),
  hash: (...parts: readonly Uint8Array[]) => {
    const hash = sha256.create()
    for (const part of parts) hash.update(part)
    return hash.digest()
  },
  mac: (key: Uint8Array, ...parts: readonly Uint8Array[]) => {
    const mac = hmac.create(sha256, key)
    for (const part of parts) mac.update(part)
    return mac.digest()
  },
  aead: (key: Uint8Array) => new PortableAead(key),
  verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
    if (signature.byteLength !== LINK_SIGNATURE_BYTES || !isStrictPublicKey(publicKey)) return false
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  },
  equal: (a: Uint8Array, b: Uint8Array) => {
    if (a.byteLength !== b.byteLength) return false
    let differing = 0
    for (const [i, byte] of a.entries()) differing |= byte ^ (b[i] ?? 0)
    return differing === 0
  },
})
