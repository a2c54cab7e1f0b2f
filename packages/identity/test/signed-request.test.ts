import t from 'tap'
import { signMessage, signRequest, verifyRequest } from '../src/index.ts'
import type { RequestFacts } from '../src/index.ts'
import { bytesOf, partyOf, world } from './support/parties.ts'

const { identity } = await partyOf(1)
const { identity: other } = await partyOf(2)
const facts: RequestFacts = {
  method: 'POST',
  path: '/requests?wait=1',
  body: bytesOf('{"price":1}'),
  audience: 'market-a',
}

t.test('a signed request names its sender', async (t) => {
  const { clock, random, nonces } = world()
  const headers = {
    ...signRequest({ identity, clock, random, ...facts }),
    host: 'market-a',
    cookie: undefined,
  }
  t.equal(await verifyRequest({ headers, clock, nonces, ...facts, method: 'post' }), identity.id)
  const bare = { method: 'GET', path: '/', audience: 'market-a' }
  const bareHeaders = { ...signRequest({ identity, clock, random, ...bare }) }
  const empty = { ...bare, body: new Uint8Array() }
  t.equal(await verifyRequest({ headers: bareHeaders, clock, nonces, ...empty }), identity.id)
})

t.test('method, target, body, audience, time, nonce and sender are covered', async (t) => {
  const { clock, random, nonces } = world()
  const headers = { ...signRequest({ identity, clock, random, ...facts }) }
  const wrong: readonly (readonly [Partial<RequestFacts>, Partial<typeof headers>])[] = [
    [{ method: 'PUT' }, {}],
    [{ path: '/requests?wait=2' }, {}],
    [{ path: '/requests' }, {}],
    [{ body: bytesOf('{"price":2}') }, {}],
    [{ body: undefined }, {}],
    [{ audience: 'market-b' }, {}],
    [{}, { 'shardline-time': String(clock.now() - 1) }],
    [{}, { 'shardline-nonce': 'AAAA' }],
    [{}, { 'shardline-party': other.id }],
  ]
  for (const [fact, header] of wrong) {
    const verified = verifyRequest({ headers: { ...headers, ...header }, clock, nonces, ...facts, ...fact })
    await t.rejects(verified, { code: 'IDENTITY_SIGNATURE_WRONG' }, JSON.stringify([fact, header]))
  }
  await t.resolves(verifyRequest({ headers, clock, nonces, ...facts }), 'none of them used up the nonce')
  await t.rejects(verifyRequest({ headers, clock, nonces, ...facts }), { code: 'IDENTITY_NONCE_REUSED' })
})

t.test('a clock may be 59 s off, and not 61 s', async (t) => {
  for (const [offsetMs, isFresh] of [
    [59_000, true],
    [-59_000, true],
    [61_000, false],
    [-61_000, false],
  ] as const) {
    const { clock, random, nonces } = world()
    const headers = {
      ...signRequest({ identity, clock: { now: () => clock.now() + offsetMs }, random, ...facts }),
    }
    const verified = verifyRequest({ headers, clock, nonces, ...facts })
    if (isFresh) t.equal(await verified, identity.id)
    else await t.rejects(verified, { code: 'IDENTITY_MESSAGE_STALE' })
  }
})

t.test('missing, doubled and unreadable headers are named', async (t) => {
  const { clock, random, nonces } = world()
  const headers = { ...signRequest({ identity, clock, random, ...facts }) }
  for (const name of Object.keys(headers)) {
    const without = { ...headers, [name]: undefined }
    const missing = { code: 'IDENTITY_SIGNATURE_MISSING', details: { field: name } }
    await t.rejects(verifyRequest({ headers: without, clock, nonces, ...facts }), missing, name)
    const doubled = { ...headers, [name]: ['a', 'b'] }
    const malformed = { code: 'IDENTITY_SIGNATURE_MALFORMED', details: { field: name } }
    await t.rejects(verifyRequest({ headers: doubled, clock, nonces, ...facts }), malformed, name)
  }
  const unreadable: readonly (readonly [object, string])[] = [
    [{ 'shardline-time': '1e12' }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ 'shardline-time': '-1' }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ 'shardline-time': '01' }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ 'shardline-nonce': 'a b' }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ 'shardline-signature': 'x' }, 'IDENTITY_SIGNATURE_MALFORMED'],
    [{ 'shardline-party': 'bob' }, 'IDENTITY_ID_INVALID'],
  ]
  for (const [change, code] of unreadable) {
    const changed = { ...headers, ...change }
    await t.rejects(
      verifyRequest({ headers: changed, clock, nonces, ...facts }),
      { code },
      JSON.stringify(change),
    )
  }
})

t.test('the signature of a message is none of a request', async (t) => {
  const { clock, random, nonces } = world()
  const headers = { ...signRequest({ identity, clock, random, ...facts }) }
  const { signature } = signMessage({ identity, clock, random, purpose: 'request', body: 1 })
  const mixed = { ...headers, 'shardline-signature': signature }
  await t.rejects(verifyRequest({ headers: mixed, clock, nonces, ...facts }), {
    code: 'IDENTITY_SIGNATURE_WRONG',
  })
})
