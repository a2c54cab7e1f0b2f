import fc from 'fast-check'
import t from 'tap'
import { signMessage, signStatement, verifyMessage, verifyStatement } from '../src/index.ts'
import type { JsonValue, SignedMessage } from '../src/index.ts'
import { partyOf, world } from './support/parties.ts'
import { testSeed } from './support/test-seed.ts'

const { identity } = await partyOf(1)
const { identity: other } = await partyOf(2)
const purpose = 'market/claim'

t.test('what was signed verifies, and names its signer', async (t) => {
  const seed = testSeed(t)
  const { clock, random, nonces } = world(seed)
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const body = JSON.parse(JSON.stringify(value)) as JsonValue
      const message = signMessage({ identity, clock, random, purpose, body })
      const arrived = JSON.parse(JSON.stringify(message)) as SignedMessage
      const fields = await verifyMessage({ message: arrived, purpose, clock, nonces })
      t.equal(fields.signer, identity.id)
      t.same(fields.body, body)
    }),
    { seed, numRuns: 100 },
  )
})

t.test('a message counts once', async (t) => {
  const { clock, random, nonces } = world()
  const message = signMessage({ identity, clock, random, purpose, body: 1 })
  await verifyMessage({ message, purpose, clock, nonces })
  await t.rejects(verifyMessage({ message, purpose, clock, nonces }), { code: 'IDENTITY_NONCE_REUSED' })
})

t.test('of a message that arrives twice at once, one counts', async (t) => {
  const { clock, random, nonces } = world()
  const message = signMessage({ identity, clock, random, purpose, body: 1 })
  const both = [1, 2].map(() => verifyMessage({ message, purpose, clock, nonces }))
  const outcomes = await Promise.allSettled(both)
  t.same(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
})

t.test('59 s either way pass, 61 s do not, and a setting moves the border', async (t) => {
  for (const [offsetMs, isFresh] of [
    [59_000, true],
    [-59_000, true],
    [60_000, true],
    [61_000, false],
    [-61_000, false],
  ] as const) {
    const { clock, random, nonces } = world()
    const signedAt = { now: () => clock.now() + offsetMs }
    const message = signMessage({ identity, clock: signedAt, random, purpose, body: 1 })
    const verified = verifyMessage({ message, purpose, clock, nonces })
    if (isFresh) await t.resolves(verified, `${offsetMs}`)
    else await t.rejects(verified, { code: 'IDENTITY_MESSAGE_STALE' }, `${offsetMs}`)
    const strict = verifyMessage({ message, purpose, clock, nonces: world().nonces, ageMsMax: 1_000 })
    await t.rejects(strict, { code: 'IDENTITY_MESSAGE_STALE', message: /at most 1000 ms/ })
  }
})

t.test('a repetition is found as long as the message is fresh, and is stale after', async (t) => {
  const { clock, random, nonces } = world()
  const ahead = { now: () => clock.now() + 60_000 }
  const message = signMessage({ identity, clock: ahead, random, purpose, body: 1 })
  await verifyMessage({ message, purpose, clock, nonces })
  clock.advance(120_000)
  await t.rejects(verifyMessage({ message, purpose, clock, nonces }), { code: 'IDENTITY_NONCE_REUSED' })
  clock.advance(1)
  await t.rejects(verifyMessage({ message, purpose, clock, nonces }), { code: 'IDENTITY_MESSAGE_STALE' })
})

t.test('every field is covered by the signature', async (t) => {
  const { clock, random, nonces } = world()
  const message = signMessage({ identity, clock, random, purpose, body: { amount: 1 } })
  const changes: readonly Partial<SignedMessage>[] = [
    { body: { amount: 2 } },
    { body: { amount: 1, more: null } },
    { issuedAtMs: message.issuedAtMs + 1 },
    { nonce: `${message.nonce}A` },
    { signer: other.id },
    { signature: signMessage({ identity, clock, random, purpose, body: { amount: 1 } }).signature },
  ]
  for (const change of changes) {
    const changed = { ...message, ...change }
    await t.rejects(
      verifyMessage({ message: changed, purpose, clock, nonces }),
      { code: 'IDENTITY_SIGNATURE_WRONG' },
      JSON.stringify(change),
    )
  }
  await t.resolves(verifyMessage({ message, purpose, clock, nonces }), 'none of them used up the nonce')
})

t.test('a signature for one purpose is none for another', async (t) => {
  const { clock, random, nonces } = world()
  const message = signMessage({ identity, clock, random, purpose: 'market/cancel', body: 1 })
  const wrong = { code: 'IDENTITY_SIGNATURE_WRONG' }
  await t.rejects(verifyMessage({ message, purpose, clock, nonces }), wrong)
  await t.rejects(verifyMessage({ message: { ...message, purpose }, purpose, clock, nonces }), wrong)
})

t.test('missing and unreadable fields are named', async (t) => {
  const { clock, random, nonces } = world()
  const message = signMessage({ identity, clock, random, purpose, body: 1 })
  const cases: readonly (readonly [object, string])[] = [
    [{ signature: undefined }, 'IDENTITY_SIGNATURE_MISSING'],
    [{ signer: undefined }, 'IDENTITY_SIGNATURE_MISSING'],
    [{ signature: `${message.signature}=` }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ signature: message.signature.slice(1) }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ nonce: '' }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ nonce: 'x'.repeat(65) }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ nonce: 7 }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ issuedAtMs: 1.5 }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ issuedAtMs: String(message.issuedAtMs) }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ purpose: 'x'.repeat(129) }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ signer: 'alice' }, 'IDENTITY_ID_INVALID'],
    [{ body: undefined }, 'IDENTITY_NOT_CANONICAL'],
  ]
  for (const [change, code] of cases) {
    const changed = { ...message, ...change } as SignedMessage
    await t.rejects(
      verifyMessage({ message: changed, purpose, clock, nonces }),
      { code },
      JSON.stringify(change),
    )
  }
})

t.test('a statement stays true, for its signer, purpose and body alone', async (t) => {
  const statement = { purpose: 'driver-key', body: { key: 'k' } }
  const signature = signStatement(identity, statement)
  t.ok(await verifyStatement(statement, identity.id, signature))
  t.ok(await verifyStatement(statement, identity.id, signature), 'any number of times')
  t.notOk(await verifyStatement(statement, other.id, signature))
  t.notOk(await verifyStatement({ ...statement, purpose: 'receipt' }, identity.id, signature))
  t.notOk(await verifyStatement({ ...statement, body: { key: 'l' } }, identity.id, signature))
  t.notOk(await verifyStatement(statement, identity.id, 'no signature'))
})
