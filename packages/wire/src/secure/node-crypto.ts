import type { KeyObject } from 'node:crypto'
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import type { Aead, AgreementKeyPair, LinkCrypto } from './link-crypto.ts'
import { KEY_BYTES, LINK_SIGNATURE_BYTES, SEAL_BYTES } from './link-crypto.ts'
import { isStrictPublicKey } from './strict-public-key.ts'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG = Object.freeze({ authTagLength: SEAL_BYTES })

/** DER of RFC 8410 up to the key itself. */
const X25519_PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex')
const X25519_PUBLIC = Buffer.from('302a300506032b656e032100', 'hex')
const ED25519_PUBLIC = Buffer.from('302a300506032b6570032100', 'hex')

/** Of the key alone: the DER before it is what the constants above say. */
function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES))
}

function publicKeyFrom(prefix: Buffer, key: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([prefix, key]), format: 'der', type: 'spki' })
}

class NodeKeyPair implements AgreementKeyPair {
  readonly publicKey: Uint8Array
  readonly #privateKey: KeyObject

  constructor(privateKey: KeyObject, publicKey: KeyObject) {
    this.#privateKey = privateKey
    this.publicKey = rawPublicKey(publicKey)
  }

  agree(publicKey: Uint8Array): Uint8Array | undefined {
    if (publicKey.byteLength !== KEY_BYTES) return undefined
    try {
      return diffieHellman({
        privateKey: this.#privateKey,
        publicKey: publicKeyFrom(X25519_PUBLIC, publicKey),
      })
    } catch {
      // OpenSSL refuses to give a secret of zeros, which is what points of small order lead to.
      return undefined
    }
  }
}

class NodeAead implements Aead {
  readonly #key: KeyObject
  readonly #nonce = Buffer.alloc(NONCE_BYTES)

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key)
  }

  seal(counter: number, associated: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return this.#sealAt(this.#nonceOf(counter), associated, plaintext)
  }

  open(counter: number, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const end = sealed.byteLength - SEAL_BYTES
    if (end < 0) return undefined
    const decipher = createDecipheriv(CIPHER, this.#key, this.#nonceOf(counter), TAG)
    if (associated.byteLength > 0) decipher.setAAD(associated)
    decipher.setAuthTag(sealed.subarray(end))
    const plaintext = decipher.update(sealed.subarray(0, end))
    try {
      decipher.final()
    } catch {
      return undefined
    }
    return plaintext
  }

  nextKey(): Uint8Array {
    const nonce = Buffer.alloc(NONCE_BYTES, 0xff)
    nonce.writeUInt32BE(0, 0)
    const sealed = this.#sealAt(nonce, new Uint8Array(0), new Uint8Array(KEY_BYTES))
    return sealed.subarray(0, KEY_BYTES)
  }

  #sealAt(nonce: Buffer, associated: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const cipher = createCipheriv(CIPHER, this.#key, nonce, TAG)
    if (associated.byteLength > 0) cipher.setAAD(associated)
    const sealed = Buffer.allocUnsafeSlow(plaintext.byteLength + SEAL_BYTES)
    sealed.set(cipher.update(plaintext), 0)
    cipher.final()
    sealed.set(cipher.getAuthTag(), plaintext.byteLength)
    return sealed
  }

  /** 32 zero bits and the counter, big-endian (Noise, section 12.4). */
  #nonceOf(counter: number): Buffer {
    this.#nonce.writeUInt32BE(Math.floor(counter / 2 ** 32), 4)
    this.#nonce.writeUInt32BE(counter % 2 ** 32, 8)
    return this.#nonce
  }
}

function keyPairFrom(privateKey: KeyObject): AgreementKeyPair {
  return new NodeKeyPair(privateKey, createPublicKey(privateKey))
}

/** The cryptography of Node: OpenSSL, with the machine's instructions for AES where it has them. */
export const nodeLinkCrypto: LinkCrypto = Object.freeze({
  generateKeyPair: () => keyPairFrom(generateKeyPairSync('x25519').privateKey),
  keyPairOf: (secret: Uint8Array) =>
    keyPairFrom(
      createPrivateKey({ key: Buffer.concat([X25519_PRIVATE, secret]), format: 'der', type: 'pkcs8' }),
    ),
  hash: (...parts: readonly Uint8Array[]) => {
    const hash = createHash('sha256')
    for (const part of parts) hash.update(part)
    return hash.digest()
  },
  mac: (key: Uint8Array, ...parts: readonly Uint8Array[]) => {
    const mac = createHmac('sha256', key)
    for (const part of parts) mac.update(part)
    return mac.digest()
  },
  aead: (key: Uint8Array) => new NodeAead(key),
  verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
    if (signature.byteLength !== LINK_SIGNATURE_BYTES || !isStrictPublicKey(publicKey)) return false
    return verify(null, message, publicKeyFrom(ED25519_PUBLIC, publicKey), signature)
  },
  equal: (a: Uint8Array, b: Uint8Array) => a.byteLength === b.byteLength && timingSafeEqual(a, b),
})
