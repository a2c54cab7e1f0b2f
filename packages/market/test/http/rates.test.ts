import { systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import t from 'tap'
import { serveDouble } from '../support/double-server.ts'

/** All within one moment, however slow the machine is. */
function stillClock(): Clock {
  const nowMs = systemClock.now()
  return { ...systemClock, now: () => nowMs, monotonic: () => 0 }
}

t.test('one address is held to its rate, and health is not', async (t) => {
  await using double = await serveDouble(
    { addressRequestsPerSecondMax: 1, rateBurstSecondsMax: 3 },
    { clock: stillClock() },
  )
  const { client } = double
  const answers = []
  for (let i = 0; i < 6; i++) answers.push(await client.ask('GET', '/v1/prices'))
  const refused = answers.filter(({ status }) => status === 429)
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 429, 429, 429],
  )
  t.match(refused[0]?.headers.get('retry-after'), /^\d+$/)
  t.match(refused[0]?.body, {
    error: { code: 'MARKET_RATE_LIMITED', retryable: true, details: { whose: 'address' } },
  })
  t.equal((await client.ask('GET', '/healthz')).status, 200)
})

t.test('one party is held to its rate from whatever address, others are not', async (t) => {
  await using double = await serveDouble(
    { partyRequestsPerSecondMax: 1, rateBurstSecondsMax: 3 },
    { clock: stillClock() },
  )
  const { client, alice, bob } = double
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) statuses.push((await client.ask('GET', '/v1/requests', { as: alice })).status)
  t.ok(statuses.includes(429), String(statuses))
  t.equal((await client.ask('GET', '/v1/requests', { as: bob })).status, 200)
})

t.test('the address behind a load balancer counts only if the balancer is trusted', async (t) => {
  const ask = async (trustedProxies: readonly string[]): Promise<readonly number[]> => {
    const rates = { addressRequestsPerSecondMax: 1, rateBurstSecondsMax: 1, trustedProxies }
    await using double = await serveDouble(rates, { clock: stillClock() })
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
