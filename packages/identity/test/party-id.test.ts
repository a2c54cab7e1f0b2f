import { bech32m } from '@scure/base'
import fc from 'fast-check'
import t from 'tap'
import { PartyIdInvalidError, identityFromSeed, partyId, partyIdOf, publicKeyOf } from '../src/index.ts'
import { hex } from './support/parties.ts'
import { testSeed } from './support/test-seed.ts'

const KEY = hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
const ID = partyIdOf(KEY)

/** p = 2^255 - 19 as an encoded y. */
const P = `ed${'ff'.repeat(30)}7f`

/** The points of small order, and other encodings of them, as libsodium refuses them. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]

t.test('an id and its key are two forms of one thing', async (t) => {
  t.match(ID, /^shard1[02-9ac-hj-np-z]{58}$/)
  t.same(publicKeyOf(ID), KEY)
  t.equal(partyId(ID), ID)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (seed) => {
      const { id, publicKey } = await identityFromSeed(seed)
      t.same(publicKeyOf(partyId(id)), publicKey)
    }),
    { seed: testSeed(t), numRuns: 50 },
  )
})

t.test('every change of one character is found', async (t) => {
  const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
  let changed = 0
  for (let place = 0; place < ID.length; place++) {
    for (const character of alphabet) {
      if (character === ID[place]) continue
      const other = ID.slice(0, place) + character + ID.slice(place + 1)
      changed++
      try {
        partyId(other)
        t.fail(other)
      } catch (cause) {
        if (!(cause instanceof PartyIdInvalidError)) throw cause
      }
    }
  }
  t.ok(changed > 64 * 30, `${changed} changed ids were tried`)
})

t.test('refuses what is no id, and says why', async (t) => {
  const words = bech32m.toWords(KEY)
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /64 characters, not 0/],
    [ID.slice(0, -1), /64 characters, not 63/],
    [ID.toUpperCase(), /lower case/],
    [bech32m.encode('shark', words), /begins with shard1/],
    [`shard1${ID.slice(6, -1)}${ID.endsWith('q') ? 'p' : 'q'}`, /checksum/],
    [bech32m.encode('shard', [...words.slice(0, -1), (words.at(-1) ?? 0) | 1]), /last bits/],
  ]
  for (const [text, why] of cases) {
    t.throws(() => partyId(text), { code: 'IDENTITY_ID_INVALID', message: why }, text)
  }
  t.throws(() => partyIdOf(KEY.slice(1)), { code: 'IDENTITY_ID_INVALID', message: /32 bytes, not 31/ })
})

t.test('refuses keys that anyone could sign for, and keys in a second encoding', async (t) => {
  const encode = (key: string): string => bech32m.encode('shard', bech32m.toWords(hex(key)))
  for (const key of SMALL_ORDER) {
    t.throws(() => partyIdOf(hex(key)), { code: 'IDENTITY_ID_INVALID' }, key)
    t.throws(() => partyId(encode(key)), { code: 'IDENTITY_ID_INVALID' }, key)
  }
  // y = p + 1 is y = 1 again; p - 1 with a sign bit is a negative zero; 2 is the y of no point.
  const others = [P, `ee${P.slice(2)}`, `${'ec'}${'ff'.repeat(31)}`, `02${'00'.repeat(31)}`]
  for (const key of others) t.throws(() => partyId(encode(key)), { code: 'IDENTITY_ID_INVALID' }, key)
})
