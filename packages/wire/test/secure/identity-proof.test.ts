import t from 'tap'
import { nodeLinkCrypto as crypto } from '../../src/index.ts'
import { PROOF_BYTES, readProof, writeProof } from '../../src/secure/identity-proof.ts'
import { flipped } from '../support/tamper-proxy.ts'
import { testIdentity } from '../support/test-identity.ts'

const identity = testIdentity()
const rekey = { framesMax: 7, bytesMax: 2 ** 31 - 1 }
const context = {
  side: 'dialing',
  staticKey: new Uint8Array(32).fill(1),
  handshakeHash: new Uint8Array(32).fill(2),
} as const
const proof = writeProof(identity, context, rekey)

t.test('says who proves it, and when keys change', async (t) => {
  t.equal(proof.byteLength, PROOF_BYTES)
  t.strictSame(readProof(crypto, proof, context), { publicKey: identity.publicKey, rekey })
})

t.test('fits one side, one static key and one conversation', async (t) => {
  const others = [
    { ...context, side: 'accepting' as const },
    { ...context, staticKey: new Uint8Array(32) },
    { ...context, handshakeHash: new Uint8Array(32) },
  ]
  for (const other of others) t.equal(readProof(crypto, proof, other), undefined)
})

t.test('proves nothing with any bit of key or signature changed', async (t) => {
  for (let at = 0; at < 96; at++) {
    for (let bit = 0; bit < 8; bit++) {
      if (readProof(crypto, flipped(proof, at, bit), context) !== undefined) t.fail(`byte ${at}, bit ${bit}`)
    }
  }
  t.equal(readProof(crypto, proof.subarray(1), context), undefined)
})

t.test('refuses rules that can not be kept', async (t) => {
  for (const framesMax of [0, 2 ** 31, 2 ** 32 - 1]) {
    for (const rule of [
      { framesMax, bytesMax: 1 },
      { framesMax: 1, bytesMax: framesMax },
    ]) {
      t.equal(readProof(crypto, writeProof(identity, context, rule), context), undefined)
    }
  }
})
