import { ManualClock } from '@shardline/core'
import t from 'tap'
import { RateLimiter } from '../../src/http/rate-limiter.ts'
import { serveDouble } from '../support/double-server.ts'

t.test('a bucket lets a burst through, then as many as drip in', async (t) => {
  const clock = new ManualClock()
  const limiter = new RateLimiter({ clock, perSecondMax: 10, burstSecondsMax: 2, entriesMax: 100 })
  for (let i = 0; i < 20; i++) t.equal(limiter.take('a'), 0)
  t.equal(limiter.take('a'), 100, 'the next drop comes in a tenth of a second')
  t.equal(limiter.take('b'), 0, 'others have buckets of their own')
  clock.advance(100)
  t.equal(limiter.take('a'), 0)
  t.equal(limiter.take('a'), 100)
  clock.advance(60_000)
  for (let i = 0; i < 20; i++) t.equal(limiter.take('a'), 0)
  t.not(limiter.take('a'), 0, 'a bucket never holds more than its burst')
})

t.test('the table of buckets is bounded, and forgets who was idle longest', async (t) => {
  const clock = new ManualClock()
  const limiter = new RateLimiter({ clock, perSecondMax: 1, burstSecondsMax: 1, entriesMax: 3 })
  for (const name of ['a', 'b', 'c']) limiter.take(name)
  t.not(limiter.take('a'), 0)
  for (let i = 0; i < 1_000; i++) limiter.take(`stranger ${i}`)
  t.equal(limiter.size, 3)
})

t.test('one address is held to its rate, and health is not', async (t) => {
  await using double = await serveDouble({ addressRequestsPerSecondMax: 1, rateBurstSecondsMax: 3 })
  const { client } = double
  const answers = []
  for (let i = 0; i < 6; i++) answers.push(await client.ask('GET', '/v1/prices'))
  const refused = answers.filter(({ status }) => status === 429)
  t.ok(refused.length >= 1 && answers[0]?.status === 200)
  t.match(refused[0]?.headers.get('retry-after'), /^\d+$/)
  t.match(refused[0]?.body, {
    error: { code: 'MARKET_RATE_LIMITED', retryable: true, details: { whose: 'address' } },
  })
  t.equal((await client.ask('GET', '/healthz')).status, 200)
})

t.test('one party is held to its rate from whatever address, others are not', async (t) => {
  await using double = await serveDouble({ partyRequestsPerSecondMax: 1, rateBurstSecondsMax: 3 })
  const { client, alice, bob } = double
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) statuses.push((await client.ask('GET', '/v1/requests', { as: alice })).status)
  t.ok(statuses.includes(429), String(statuses))
  t.equal((await client.ask('GET', '/v1/requests', { as: bob })).status, 200)
})

t.test('the address behind a load balancer counts only if the balancer is trusted', async (t) => {
  const ask = async (trustedProxies: readonly string[]): Promise<readonly number[]> => {
    await using double = await serveDouble({
      addressRequestsPerSecondMax: 1,
      rateBurstSecondsMax: 1,
      trustedProxies,
    })
    const statuses: number[] = []
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
      const headers = { 'x-forwarded-for': address }
      statuses.push((await double.client.ask('GET', '/v1/prices', { headers })).status)
    }
    return statuses
  }
  t.same(await ask(['127.0.0.1']), [200, 200, 200])
  t.ok((await ask([])).includes(429), 'a header that anyone can write is not believed')
})
