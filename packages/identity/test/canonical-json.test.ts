import { sha3_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import t from 'tap'
import { canonicalJson } from '../src/index.ts'
import type { JsonValue } from '../src/index.ts'
import { signingBytes } from '../src/signing-bytes.ts'
import { bytesOf, hex, textOf } from './support/parties.ts'
import { testSeed } from './support/test-seed.ts'

const write = (value: unknown): string => textOf(canonicalJson(value as JsonValue))

t.test('writes the examples of RFC 8785', async (t) => {
  // Section 3.2.2 and 3.2.3.
  const value = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  ) as JsonValue
  t.equal(
    write(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
  const keys = JSON.parse(
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
  ) as Record<string, JsonValue>
  const order = [...write(keys).matchAll(/:"([^"]+)"/g)].map(([, text]) => text)
  t.same(order, [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ])
})

t.test('writes numbers as appendix B of RFC 8785 lists them', async (t) => {
  const numbers: readonly (readonly [string, string])[] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555554', '333333333.33333325'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
  ]
  for (const [bits, text] of numbers) t.equal(write(Buffer.from(bits, 'hex').readDoubleBE()), text, bits)
})

t.test('reads back as the same value, whatever the order of its keys', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = write(value)
      // JSON has one zero.
      t.same(JSON.parse(text), JSON.parse(JSON.stringify(value)))
      t.equal(write(reversed(JSON.parse(text))), text)
    }),
    { seed: testSeed(t), numRuns: 300 },
  )
})

t.test('refuses what JSON can not say without loss', async (t) => {
  const circle: unknown[] = []
  circle.push(circle)
  const wrong = [
    undefined,
    1n,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    () => 1,
    Symbol('x'),
    [undefined],
    { a: undefined },
    new Date(0),
    new Map(),
    new Uint8Array(2),
    '\ud800',
    { '\udc00': 1 },
    circle,
  ]
  for (const value of wrong) t.throws(() => write(value), { code: 'IDENTITY_NOT_CANONICAL' }, typeof value)
  t.throws(() => write(Array(2)), { code: 'IDENTITY_NOT_CANONICAL' }, 'a list with holes')
})

t.test('refuses more bytes and more depth than allowed', async (t) => {
  t.throws(() => canonicalJson('xxxx', { bytesMax: 5 }), {
    code: 'IDENTITY_NOT_CANONICAL',
    message: /6 bytes.*5/,
  })
  t.equal(textOf(canonicalJson('xxx', { bytesMax: 5 })), '"xxx"')
  t.throws(() => canonicalJson([[[]]], { depthMax: 2 }), { code: 'IDENTITY_NOT_CANONICAL', message: /deep/ })
  t.equal(textOf(canonicalJson([[]], { depthMax: 2 })), '[[]]')
})

t.test('hashes with SHA3-256 as FIPS 202 defines it', async (t) => {
  t.same(sha3_256(bytesOf('')), hex('a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a'))
  t.same(sha3_256(bytesOf('abc')), hex('3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532'))
  const expected = Buffer.concat([bytesOf('shardline:message:1\n'), sha3_256(bytesOf('{"a":1}'))])
  t.same(signingBytes('message', { a: 1 }), new Uint8Array(expected))
})

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  )
}
