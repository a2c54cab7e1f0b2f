import { ShardlineError } from '@shardline/core'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import t from 'tap'
import {
  comparisonCommitment,
  historyKeyFromSeed,
  createEncryptionKey,
  encryptionKeyOf,
  openPrompt,
  readOwnPrompt,
  sealPrompt,
} from '../../src/index.ts'
import type { EncryptionKeyPair, OpenPromptInit, SealPromptInit, SealedTerms } from '../../src/index.ts'
import { NOW_MS, bytesOf, flipBit, hex, partyOf, textOf, world } from '../support/parties.ts'
import { testSeed } from '../support/test-seed.ts'

const user = await partyOf(1)
const otherUser = await partyOf(2)
const { identity: driver } = await partyOf(3)
const { identity: otherDriver } = await partyOf(4)
const { clock, random } = world()
const driverKey = await createEncryptionKey(random)
const otherKey = await createEncryptionKey(random)
const terms: SealedTerms = {
  requestId: 'request-1',
  driverId: driver.id,
  lockedPrice: 1_250_000n,
  expiresAtMs: NOW_MS + 60_000,
}
const prompt = bytesOf('a question that nobody else may read')

function seal(change: Partial<SealPromptInit> = {}): Promise<Uint8Array> {
  const { historyKey } = user
  return sealPrompt({ prompt, driverKey: driverKey.publicKey, terms, historyKey, random, ...change })
}

function open(sealed: Uint8Array, change: Partial<OpenPromptInit> = {}): ReturnType<typeof openPrompt> {
  return openPrompt({ sealed, keys: [driverKey], expected: terms, clock, ...change })
}

/** The code that opening fails with. */
async function codeOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening
    return 'opened'
  } catch (cause) {
    return cause instanceof ShardlineError ? cause.code : String(cause)
  }
}

t.test('the driver reads what the user sealed, and learns the key to answer to', async (t) => {
  const opened = await open(await seal())
  t.same(opened.prompt, prompt)
  t.same(opened.terms, terms)
  t.same(opened.responseKey, (await user.historyKey.responseKey(terms.requestId)).publicKey)
})

t.test('public keys are made as RFC 7748 does', async (t) => {
  // Section 6.1.
  const pairs = [
    [
      '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
      '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    ],
    [
      '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    ],
  ] as const
  for (const [secret, publicKey] of pairs) {
    t.same((await encryptionKeyOf(hex(secret))).publicKey, hex(publicKey))
  }
})

t.test('any prompt comes out as it went in', async (t) => {
  const seed = testSeed(t)
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.bigInt(0n, 2n ** 63n - 1n),
      async (bytes, lockedPrice) => {
        const sealed = await seal({ prompt: bytes, terms: { ...terms, lockedPrice } })
        const opened = await open(sealed, { expected: { ...terms, lockedPrice } })
        t.same(opened.prompt, bytes)
        const own = await readOwnPrompt(sealed, user.historyKey)
        t.same(own, opened)
      },
    ),
    { seed, numRuns: 60 },
  )
})

t.test('neither the text nor the response key is in what travels, and lengths are rounded up', async (t) => {
  const sealed = await seal()
  t.notOk(holds(sealed, prompt))
  const { publicKey } = await user.historyKey.responseKey(terms.requestId)
  t.notOk(holds(sealed, publicKey))
  const shorter = await seal({ prompt: prompt.subarray(0, 3) })
  t.equal(shorter.length, sealed.length)
  const longer = await seal({ prompt: new Uint8Array(256) })
  t.equal(longer.length, sealed.length + 256)
  t.not(Buffer.compare(await seal(), sealed), 0, 'sealing twice gives two ciphertexts')
})

t.test('a flipped bit in any byte is found, for whoever opens it', async (t) => {
  const sealed = await seal()
  const codes = new Set<string>()
  for (let place = 0; place < sealed.length; place++) {
    const changed = flipBit(sealed, place * 8 + (place % 8))
    codes.add(await codeOf(open(changed)))
    codes.add(await codeOf(readOwnPrompt(changed, user.historyKey)))
  }
  t.notOk(codes.has('opened'))
  t.ok(codes.has('IDENTITY_SEAL_BROKEN'))
  const allowed = ['BROKEN', 'MALFORMED', 'KEY_UNKNOWN', 'REQUEST', 'DRIVER', 'PRICE', 'EXPIRED']
  const named = [...allowed.map((word) => `IDENTITY_SEAL_${word}`), 'IDENTITY_HISTORY_KEY_WRONG']
  t.same(
    [...codes].filter((code) => !named.includes(code)),
    [],
  )
})

t.test('a prompt that is cut short, or has something added, is refused', async (t) => {
  const sealed = await seal()
  for (let length = 0; length < sealed.length; length++) {
    const code = await codeOf(open(sealed.subarray(0, length)))
    if (code !== 'IDENTITY_SEAL_MALFORMED' && code !== 'IDENTITY_SEAL_BROKEN') t.fail(`${length}: ${code}`)
  }
  t.equal(await codeOf(open(Buffer.concat([sealed, Uint8Array.of(0)]))), 'IDENTITY_SEAL_BROKEN')
})

t.test('a prompt moved to another request, driver or price is refused by name', async (t) => {
  const sealed = await seal()
  const moves: readonly (readonly [Partial<SealedTerms>, string])[] = [
    [{ requestId: 'request-2' }, 'IDENTITY_SEAL_REQUEST'],
    [{ driverId: otherDriver.id }, 'IDENTITY_SEAL_DRIVER'],
    [{ lockedPrice: 1_250_001n }, 'IDENTITY_SEAL_PRICE'],
    [{ lockedPrice: 0n }, 'IDENTITY_SEAL_PRICE'],
  ]
  for (const [move, code] of moves) {
    const expected = { ...terms, ...move }
    t.equal(await codeOf(open(sealed, { expected })), code)
    const relabelled = relabel(sealed, expected)
    t.equal(
      await codeOf(open(relabelled, { expected })),
      'IDENTITY_SEAL_BROKEN',
      'writing other terms on it is no way',
    )
    t.equal(await codeOf(open(relabelled)), code)
  }
  const extended = relabel(sealed, { ...terms, expiresAtMs: terms.expiresAtMs + 1 })
  t.equal(await codeOf(open(extended)), 'IDENTITY_SEAL_BROKEN')
})

t.test('it expires', async (t) => {
  const sealed = await seal()
  const at = (nowMs: number): Promise<string> => codeOf(open(sealed, { clock: { now: () => nowMs } }))
  t.equal(await at(terms.expiresAtMs), 'opened')
  t.equal(await at(terms.expiresAtMs + 1), 'IDENTITY_SEAL_EXPIRED')
})

t.test('another key does not open it, and an earlier key still does', async (t) => {
  const sealed = await seal()
  t.equal(await codeOf(open(sealed, { keys: [otherKey] })), 'IDENTITY_SEAL_KEY_UNKNOWN')
  const liar: EncryptionKeyPair = { publicKey: driverKey.publicKey, secretKey: otherKey.secretKey }
  t.equal(await codeOf(open(sealed, { keys: [liar] })), 'IDENTITY_SEAL_BROKEN')
  t.equal(await codeOf(open(sealed, { keys: [otherKey, driverKey] })), 'opened')
})

t.test('a user reads its own prompts again with nothing but its seed; another user can not', async (t) => {
  const sealed = await seal()
  t.equal(textOf((await readOwnPrompt(sealed, user.historyKey)).prompt), textOf(prompt))
  t.equal(await codeOf(readOwnPrompt(sealed, otherUser.historyKey)), 'IDENTITY_HISTORY_KEY_WRONG')
})

t.test('keys that everyone could open with are refused', async (t) => {
  for (const key of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31)), new Uint8Array(31)]) {
    t.equal(await codeOf(seal({ driverKey: key })), 'IDENTITY_ENCRYPTION_KEY_INVALID')
  }
})

t.test('limits are kept on both sides, and can be set', async (t) => {
  t.equal(await codeOf(seal({ promptBytesMax: prompt.length - 1 })), 'IDENTITY_PROMPT_TOO_LONG')
  const sealed = await seal({ prompt: new Uint8Array(10_000) })
  t.equal(await codeOf(open(sealed, { promptBytesMax: 1_000 })), 'IDENTITY_PROMPT_TOO_LONG')
  t.equal(await codeOf(open(sealed, { promptBytesMax: 10_000 })), 'opened')
})

t.test('terms that can not be meant are refused before anything is sealed', async (t) => {
  const wrong: readonly Partial<SealedTerms>[] = [
    { requestId: '' },
    { requestId: 'x'.repeat(129) },
    { requestId: 'a b' },
    { lockedPrice: -1n },
    { lockedPrice: 2n ** 63n },
    { expiresAtMs: 1.5 },
  ]
  for (const change of wrong) {
    t.equal(await codeOf(seal({ terms: { ...terms, ...change } })), 'CORE_INVALID_VALUE')
  }
})

t.test('no bytes make the reader fail without a name', async (t) => {
  const sealed = await seal()
  const start = sealed.slice(0, 7)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (bytes, hasStart) => {
      const code = await codeOf(open(hasStart ? Buffer.concat([start, bytes]) : bytes))
      t.match(code, /^IDENTITY_SEAL_/)
    }),
    { seed: testSeed(t), numRuns: 200 },
  )
})

/** Whether the bytes of `part` stand somewhere in `whole`. */
function holds(whole: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(whole).includes(Buffer.from(part))
}

/** The same seal under a header with other terms. */
function relabel(sealed: Uint8Array, other: SealedTerms): Uint8Array {
  const length = (sealed[5]! << 8) | sealed[6]!
  const header = JSON.parse(textOf(sealed.subarray(7, 7 + length))) as Record<string, unknown>
  const { requestId, driverId, lockedPrice, expiresAtMs } = other
  const changed = { ...header, requestId, driverId, lockedPrice: String(lockedPrice), expiresAtMs }
  const json = bytesOf(JSON.stringify(changed))
  const prefix = Uint8Array.of(...sealed.subarray(0, 5), json.length >> 8, json.length & 0xff)
  return new Uint8Array(Buffer.concat([prefix, json, sealed.subarray(7 + length)]))
}

t.test('what a comparison commits to is the same for equal prompts of one user alone', async (t) => {
  const [own, other] = [
    historyKeyFromSeed(new Uint8Array(32)),
    historyKeyFromSeed(new Uint8Array(32).fill(1)),
  ]
  const prompt = new TextEncoder().encode('Tell me a story.')
  t.equal(own.comparisonKey(prompt).length, 32)
  t.same(own.comparisonKey(prompt), historyKeyFromSeed(new Uint8Array(32)).comparisonKey(prompt.slice()))
  t.notSame(
    own.comparisonKey(prompt),
    other.comparisonKey(prompt),
    'nobody else can guess the prompt from it',
  )
  t.notSame(own.comparisonKey(prompt), own.comparisonKey(prompt.subarray(1)))
  t.notSame(own.comparisonSalt('a'), own.comparisonSalt('b'))
  t.notSame(own.comparisonSalt('a'), other.comparisonSalt('a'))
})

t.test('a commitment is SHA3-256 over its domain, salt and key', async (t) => {
  const [salt, key] = [new Uint8Array(32).fill(0xab), new Uint8Array(32).fill(0xcd)]
  const expected = createHash('sha3-256').update('shardline/prompt-commitment/v1').update(salt).update(key)
  t.same(comparisonCommitment({ salt, key }), new Uint8Array(expected.digest()))
})
