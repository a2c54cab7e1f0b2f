import { createCipheriv } from 'node:crypto'
import type { Test } from 'tap'
import type { LinkCrypto } from '../../src/index.ts'
import { flipped } from '../support/tamper-proxy.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const hex = (given: Uint8Array | undefined): string | undefined =>
  given === undefined ? undefined : Buffer.from(given).toString('hex')
const NOTHING = new Uint8Array(0)

/** RFC 7748, section 6.1. */
const AGREEMENT = {
  secret: '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
  publicKey: 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
  otherPublicKey: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
  shared: '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
}

/** RFC 8032, section 7.1, test 1: of an empty message. */
const SIGNED = {
  publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  signature:
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
}

/** The order of the group of Ed25519, little-endian. */
const ORDER = bytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/** X25519 keys with which everybody agrees on zeros. */
const SMALL_ORDER_KEYS = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
]

/** A signature with the group's order added to its second half: valid too where nobody looks. */
function withOrderAdded(signature: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(signature)
  let carry = 0
  for (let i = 0; i < 32; i++) {
    const sum = (changed[32 + i] ?? 0) + (ORDER[i] ?? 0) + carry
    changed[32 + i] = sum & 0xff
    carry = sum >> 8
  }
  return changed
}

/** What links need of cryptography, wherever they run. */
export function linkCryptoCompliance(t: Test, crypto: LinkCrypto): void {
  t.test('agrees as RFC 7748 says', async (t) => {
    const pair = crypto.keyPairOf(bytes(AGREEMENT.secret))
    t.equal(hex(pair.publicKey), AGREEMENT.publicKey)
    t.equal(hex(pair.agree(bytes(AGREEMENT.otherPublicKey))), AGREEMENT.shared)
  })

  t.test('makes pairs that are new, and agree', async (t) => {
    const [one, other] = [crypto.generateKeyPair(), crypto.generateKeyPair()]
    t.not(hex(one.publicKey), hex(other.publicKey))
    t.equal(hex(one.agree(other.publicKey)), hex(other.agree(one.publicKey)))
  })

  t.test('agrees with no key of small order, and with none of another length', async (t) => {
    const own = crypto.generateKeyPair()
    for (const key of SMALL_ORDER_KEYS) t.equal(own.agree(bytes(key)), undefined, key)
    t.equal(own.agree(new Uint8Array(31)), undefined)
    t.equal(own.agree(new Uint8Array(33)), undefined)
  })

  t.test('hashes and authenticates parts as one text, as FIPS 180-4 and RFC 4231 say', async (t) => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    t.equal(hex(crypto.hash(text('abc'))), digest)
    t.equal(hex(crypto.hash(text('a'), NOTHING, text('bc'))), digest)
    const mac = 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'
    t.equal(hex(crypto.mac(new Uint8Array(20).fill(0x0b), text('Hi There'))), mac)
    t.equal(hex(crypto.mac(new Uint8Array(20).fill(0x0b), text('Hi'), text(' There'))), mac)
  })

  t.test('seals as the specification of GCM says in test case 14', async (t) => {
    const aead = crypto.aead(new Uint8Array(32))
    const sealed = 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919'
    t.equal(hex(aead.seal(0, NOTHING, new Uint8Array(16))), sealed)
    t.equal(hex(aead.open(0, NOTHING, bytes(sealed))), '00'.repeat(16))
  })

  t.test('opens only what was sealed: each bit, the counter, the key and what is associated', async (t) => {
    const aead = crypto.aead(new Uint8Array(32).fill(1))
    const plaintext = text('one frame')
    const sealed = aead.seal(2 ** 40 + 7, text('with'), plaintext)
    t.equal(hex(plaintext), hex(text('one frame')), 'the plaintext is not changed')
    t.equal(hex(aead.open(2 ** 40 + 7, text('with'), sealed)), hex(plaintext))
    for (let at = 0; at < sealed.byteLength; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const opened = aead.open(2 ** 40 + 7, text('with'), flipped(sealed, at, bit))
        if (opened !== undefined) t.fail(`byte ${at}, bit ${bit}`)
      }
    }
    for (const counter of [7, 2 ** 40 + 8, 2 ** 32 + 7]) {
      t.equal(aead.open(counter, text('with'), sealed), undefined)
    }
    t.equal(aead.open(2 ** 40 + 7, text('wit'), sealed), undefined)
    t.equal(crypto.aead(new Uint8Array(32)).open(2 ** 40 + 7, text('with'), sealed), undefined)
    for (let length = 0; length < sealed.byteLength; length++) {
      t.equal(aead.open(2 ** 40 + 7, text('with'), sealed.subarray(0, length)), undefined)
    }
  })

  t.test('takes the next key from zeros that are sealed under the highest counter', async (t) => {
    const key = new Uint8Array(32).fill(7)
    const cipher = createCipheriv('aes-256-gcm', key, bytes('00000000ffffffffffffffff'))
    t.equal(hex(crypto.aead(key).nextKey()), hex(cipher.update(new Uint8Array(32))))
  })

  t.test('verifies as RFC 8032 says, and nothing else', async (t) => {
    const [publicKey, signature] = [bytes(SIGNED.publicKey), bytes(SIGNED.signature)]
    t.equal(crypto.verify(publicKey, NOTHING, signature), true)
    t.equal(crypto.verify(publicKey, text('x'), signature), false)
    for (let at = 0; at < 64; at++) {
      if (crypto.verify(publicKey, NOTHING, flipped(signature, at, at % 8))) t.fail(`signature, byte ${at}`)
    }
    for (let at = 0; at < 32; at++) {
      if (crypto.verify(flipped(publicKey, at, at % 8), NOTHING, signature)) t.fail(`key, byte ${at}`)
    }
    t.equal(
      crypto.verify(publicKey, NOTHING, withOrderAdded(signature)),
      false,
      'not the smallest of its kind',
    )
    t.equal(crypto.verify(publicKey, NOTHING, signature.subarray(1)), false)
    t.equal(crypto.verify(publicKey.subarray(1), NOTHING, signature), false)
  })

  t.test('believes no key of small order, for which anybody can sign', async (t) => {
    const forged = new Uint8Array(64)
    forged[0] = 1
    t.equal(crypto.verify(bytes(`01${'00'.repeat(31)}`), text('anything'), forged), false)
  })

  t.test('compares bytes', async (t) => {
    t.equal(crypto.equal(bytes('0102'), bytes('0102')), true)
    t.equal(crypto.equal(bytes('0102'), bytes('0103')), false)
    t.equal(crypto.equal(bytes('0102'), bytes('010200')), false)
    t.equal(crypto.equal(NOTHING, NOTHING), true)
  })
}
