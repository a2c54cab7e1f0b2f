import { systemClock } from '@shardline/core'
import t from 'tap'
import { MODEL, requestOf } from '../support/market-double.ts'
import { serveDouble } from '../support/double-server.ts'

const ID = '11111111-2222-4333-8444-555555555555'

t.test('a signed request reaches the market under the id of its signer', async (t) => {
  await using double = await serveDouble()
  const { market, client, alice } = double
  market.answer('request', async (who) => requestOf({ id: ID as never, user: who as never }))
  const answer = await client.ask('GET', `/v1/requests/${ID}`, { as: alice })
  t.equal(answer.status, 200)
  t.match(answer.body, { id: ID, user: alice.id, hold: '5000000000', state: 'QUOTED' })
  t.notOk('participants' in (answer.body ?? {}), 'what is undefined is absent')
  t.same(market.calls.filter(({ operation }) => operation === 'request').length, 1)
})

t.test('refuses what is not signed by the one it names, for this, here and now', async (t) => {
  await using double = await serveDouble()
  const { market, client, alice, bob } = double
  const body = { received: { prompt: 1, output: 1 } }
  const path = `/v1/requests/${ID}/acknowledge`
  const minute = 61_000
  const cases: readonly (readonly [string, string, Parameters<typeof client.ask>[2]])[] = [
    ['no signature', 'IDENTITY_SIGNATURE_MISSING', { body }],
    ['one header missing', 'IDENTITY_SIGNATURE_MISSING', { body, as: alice, without: ['shardline-nonce'] }],
    [
      "another's name",
      'IDENTITY_SIGNATURE_WRONG',
      { body, as: alice, headers: { 'shardline-party': bob.id } },
    ],
    ['another market', 'IDENTITY_SIGNATURE_WRONG', { body, as: alice, audience: bob.id }],
    ['no id', 'IDENTITY_ID_INVALID', { body, as: alice, headers: { 'shardline-party': 'shard1nobody' } }],
    [
      'a bent signature',
      'IDENTITY_SIGNATURE_MALFORMED',
      { body, as: alice, headers: { 'shardline-signature': 'x' } },
    ],
    [
      'too old',
      'IDENTITY_MESSAGE_STALE',
      { body, as: alice, clock: { now: () => systemClock.now() - minute } },
    ],
    [
      'from the future',
      'IDENTITY_MESSAGE_STALE',
      { body, as: alice, clock: { now: () => systemClock.now() + minute } },
    ],
  ]
  for (const [name, code, init] of cases) {
    const answer = await client.ask('POST', path, init)
    t.equal(answer.error?.code, code, name)
    t.equal(answer.status, code === 'IDENTITY_ID_INVALID' ? 400 : 401, name)
  }
  t.same(
    market.calls.filter(({ operation }) => operation === 'acknowledge'),
    [],
    'the market heard of none of them',
  )
})

t.test('the signature covers body, path and query', async (t) => {
  await using double = await serveDouble()
  const { client, alice } = double
  const headers = client.sign('GET', '/v1/requests?limit=1', { as: alice })
  const query = await client.ask('GET', '/v1/requests?limit=2', { headers })
  t.equal(query.error?.code, 'IDENTITY_SIGNATURE_WRONG')
  const signed = client.sign('POST', '/v1/claims', { as: alice, body: Buffer.from('{}') })
  const body = await client.ask('POST', '/v1/claims', { body: { models: [MODEL] }, headers: signed })
  t.equal(body.error?.code, 'IDENTITY_SIGNATURE_WRONG')
  const method = await client.ask('DELETE', '/v1/nodes/self', {
    headers: client.sign('PUT', '/v1/nodes/self', { as: alice }),
  })
  t.equal(method.error?.code, 'IDENTITY_SIGNATURE_WRONG')
})

t.test('the same bytes count once', async (t) => {
  await using double = await serveDouble()
  const { client, alice } = double
  const headers = client.sign('GET', '/v1/requests', { as: alice })
  t.equal((await client.ask('GET', '/v1/requests', { headers })).status, 200)
  const again = await client.ask('GET', '/v1/requests', { headers })
  t.equal(again.status, 401)
  t.equal(again.error?.code, 'IDENTITY_NONCE_REUSED')
})

t.test('what is for everyone needs no signature', async (t) => {
  await using double = await serveDouble()
  const { client, server } = double
  t.match((await client.ask('GET', '/v1/market')).body, { id: server.id })
  t.match((await client.ask('GET', '/v1/prices')).body, { models: [{ model: MODEL, seq: '3' }] })
  t.match((await client.ask('GET', '/v1/models')).body, { models: [{ model: MODEL, basePrice: '100' }] })
  for (const path of [
    `/v1/prices/history?model=${MODEL}`,
    `/v1/drivers?model=${MODEL}`,
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
  ]) {
    t.equal((await client.ask('GET', path)).status, 200, path)
  }
})

t.test("a quote says what the signer can pay, and nobody else's", async (t) => {
  await using double = await serveDouble()
  const { market, client, alice, bob } = double
  await client.ask('GET', `/v1/quote?model=${MODEL}&promptTokensMax=1&outputTokensMax=2`)
  await client.ask('GET', `/v1/quote?model=${MODEL}&promptTokensMax=1&outputTokensMax=2`, { as: alice })
  const asked = market.calls.filter(({ operation }) => operation === 'quote').map(({ given }) => given[0])
  t.same(asked, [
    { model: MODEL, promptTokensMax: 1, outputTokensMax: 2 },
    { model: MODEL, promptTokensMax: 1, outputTokensMax: 2, user: alice.id },
  ])
  const forged = await client.ask('GET', `/v1/quote?model=${MODEL}&promptTokensMax=1&outputTokensMax=2`, {
    as: alice,
    headers: { 'shardline-party': bob.id },
  })
  t.equal(forged.status, 401)
})
