import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { createIdentity, identityFromSeed, verifySignature } from '../src/index.ts'
import { bytesOf, flipBit, hex, partyOf } from './support/parties.ts'

/** RFC 8032, 7.1: seed, public key, message, signature. */
const RFC_8032: readonly (readonly [string, string, string, string])[] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
]

t.test('signs as RFC 8032 does', async (t) => {
  for (const [seed, publicKey, message, signature] of RFC_8032) {
    const identity = await identityFromSeed(hex(seed))
    t.same(identity.publicKey, hex(publicKey))
    t.same(identity.sign(hex(message)), hex(signature))
    t.ok(await verifySignature({ id: identity.id, message: hex(message), signature: hex(signature) }))
  }
})

t.test('the same seed is the same identity, a new one is new', async (t) => {
  const random = new SeededRandom(1)
  const [first, second] = [await createIdentity(random), await createIdentity(random)]
  t.not(first.id, second.id)
  t.equal((await createIdentity(new SeededRandom(1))).id, first.id)
  await t.rejects(identityFromSeed(new Uint8Array(31)), {
    code: 'CORE_INVALID_VALUE',
    message: /31 bytes.*32/,
  })
})

t.test('a signature with any bit changed, of another party or over other bytes is wrong', async (t) => {
  const [{ identity }, { identity: other }] = [await partyOf(1), await partyOf(2)]
  const message = bytesOf('ten credits to Alice')
  const signature = identity.sign(message)
  t.ok(await verifySignature({ id: identity.id, message, signature }))
  t.notOk(await verifySignature({ id: other.id, message, signature }))
  t.notOk(await verifySignature({ id: identity.id, message: bytesOf('ten credits to Malice'), signature }))
  t.notOk(await verifySignature({ id: identity.id, message, signature: signature.slice(1) }))
  for (let bit = 0; bit < signature.length * 8; bit++) {
    const isValid = await verifySignature({ id: identity.id, message, signature: flipBit(signature, bit) })
    if (isValid) t.fail(`bit ${bit}`)
  }
})

t.test('a signature has one form: S plus the order of the group is refused', async (t) => {
  const { identity } = await partyOf(1)
  const message = bytesOf('x')
  const signature = identity.sign(message)
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const s = BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString('hex')}`) + order
  const shifted = signature.slice()
  shifted.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse(), 32)
  t.notOk(await verifySignature({ id: identity.id, message, signature: shifted }))
})
