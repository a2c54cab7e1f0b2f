import t from 'tap'
import { nodeLinkCrypto } from '../../src/index.ts'
import { isStrictPublicKey } from '../../src/secure/strict-public-key.ts'
import { testIdentity } from '../support/test-identity.ts'

/** The eight points of small order, as they are written. */
const SMALL_ORDER = [
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  `${'00'.repeat(31)}80`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]

/** The same points and others, written with a y that is not below the prime. */
const NOT_CANONICAL = [`ed${'ff'.repeat(30)}7f`, `ee${'ff'.repeat(30)}7f`, 'ff'.repeat(32)]

t.test('takes keys of people', async (t) => {
  for (let i = 0; i < 20; i++) t.ok(isStrictPublicKey(testIdentity().publicKey))
})

t.test('refuses points for which anyone can sign', async (t) => {
  for (const point of [...SMALL_ORDER, ...NOT_CANONICAL]) {
    t.notOk(isStrictPublicKey(Buffer.from(point, 'hex')), point)
  }
  t.notOk(isStrictPublicKey(new Uint8Array(31).fill(9)))
})

t.test('believes no signature under a point of small order', async (t) => {
  // R the neutral element and S zero: what holds for the neutral element as a key, whatever the message is.
  const neutral = Buffer.from(SMALL_ORDER[0] ?? '', 'hex')
  const signature = Buffer.concat([neutral, Buffer.alloc(32)])
  t.notOk(nodeLinkCrypto.verify(neutral, Buffer.from('anything'), signature))
})

t.test('believes no signature whose number was raised by the order of the group', async (t) => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const identity = testIdentity()
  const message = Buffer.from('a message')
  const signature = Buffer.from(identity.sign(message))
  t.ok(nodeLinkCrypto.verify(identity.publicKey, message, signature))
  let raised = order
  for (let i = 0; i < 32; i++) raised += BigInt(signature[32 + i] ?? 0) << BigInt(8 * i)
  for (let i = 0; i < 32; i++) signature[32 + i] = Number((raised >> BigInt(8 * i)) & 255n)
  t.notOk(nodeLinkCrypto.verify(identity.publicKey, message, signature))
  t.notOk(nodeLinkCrypto.verify(identity.publicKey, message, signature.subarray(0, 63)))
})
