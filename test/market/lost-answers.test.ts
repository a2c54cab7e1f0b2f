import { randomUUID } from 'node:crypto'
import { connectMarket, connectWorkSource, textAsk } from '@shardline/client'
import { systemClock, systemRandom } from '@shardline/core'
import t from 'tap'
import { dropAnswers } from '../support/dropping-proxy.ts'
import type { DroppingProxy, Loss } from '../support/dropping-proxy.ts'
import { CREDITS, ServedMarket, doWork } from '../support/served-market.ts'

const CONTENT = textAsk('Tell me a story.')
const ASKED = { promptTokensMax: 10, outputTokensMax: 10 }
const DELIVERED = { prompt: 10, output: 4 }
const LOSSES: readonly (readonly Loss[])[] = [
  ['before'],
  ['after'],
  ['within'],
  ['after', 'before', 'within'],
]

/** Runs a call with every kind of loss; each must end well. */
async function throughLosses<T>(
  proxy: DroppingProxy,
  call: (turn: number) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = []
  for (const [turn, losses] of LOSSES.entries()) {
    proxy.lose(...losses)
    results.push(await call(turn))
  }
  return results
}

t.test('whatever answers are lost, every call has its effect exactly once', async (t) => {
  await using served = await ServedMarket.open({ feedbackFee: 7n })
  await using proxy = await dropAnswers(served.url)
  const { model } = served
  const through = { url: proxy.url }
  const driver = await served.driver(1, through)
  const { client } = await served.user(2, through)
  const opened = await throughLosses(proxy, () =>
    client.open({ model, driver: driver.identity.id, ...ASKED }),
  )
  t.match(await client.balance(), { held: 8_000n }, 'four requests are held, not more')
  t.equal((await client.requests()).length, LOSSES.length)
  await throughLosses(proxy, async (turn) => {
    const request = opened[turn]
    if (request === undefined) throw new Error('an opened request')
    t.equal((await client.submit({ request, content: CONTENT })).request.state, 'PENDING')
  })
  const claimed = await throughLosses(proxy, () => driver.work.claim({ key: randomUUID() }))
  t.equal(new Set(claimed.map((work) => work?.id)).size, LOSSES.length, 'each claim got work of its own')
  t.ok(
    claimed.every((work) => work?.fence === 1),
    'and claimed it once',
  )
  await throughLosses(proxy, async (turn) => {
    const work = claimed[turn]
    if (work === undefined) throw new Error('claimed work')
    if (turn === 3) {
      await driver.work.release(work)
      t.match(await client.cancel(work.id), { state: 'CANCELLED' })
      return
    }
    await doWork(driver, work, DELIVERED)
    proxy.lose('after')
    await client.acknowledge({ id: work.id, received: DELIVERED })
  })
  await served.market.sweep()
  const [first] = claimed
  if (first === undefined) throw new Error('claimed work')
  proxy.lose('after', 'within')
  await client.flag({ id: first.id, reason: 'garbage' })
  // Taking back what a driver let go costs nothing.
  const cost = 3n * 1_400n + 7n
  t.match(await client.balance(), { available: CREDITS - cost, held: 0n }, 'everything was paid for once')
  const [listing] = await client.drivers(model)
  t.match(listing, { reputation: { completed: 3, flagged: 1 } })
  const signed = proxy.nonces.filter((nonce) => nonce !== 'undefined')
  t.equal(new Set(signed).size, signed.length, 'no nonce was sent twice')
})

t.test('gives up after as many tries as it may', async (t) => {
  await using served = await ServedMarket.open()
  await using proxy = await dropAnswers(served.url)
  const { client } = await served.user(1, { url: proxy.url, limits: { triesMax: 3, retryMs: 1 } })
  proxy.lose('before', 'after', 'within', 'before')
  await t.rejects(client.balance(), { code: 'CLIENT_MARKET_UNREACHABLE', retryable: true })
  t.equal(proxy.calls.length, 3)
})

t.test(
  'waits out what passes: a busy market, a proxy without one; nothing else is asked again',
  async (t) => {
    await using served = await ServedMarket.open()
    await using proxy = await dropAnswers(served.url)
    const { client } = await served.user(1, { url: proxy.url })
    const busy = { code: 'MARKET_RATE_LIMITED', message: 'wait', retryable: true, details: { waitMs: 5 } }
    proxy.answer(429, JSON.stringify({ error: busy }))
    proxy.answer(502, '<html>bad gateway</html>')
    proxy.answer(503, JSON.stringify({ error: { ...busy, code: 'MARKET_CLOSED' } }))
    t.match(await client.balance(), { available: CREDITS })
    t.equal(proxy.calls.length, 4)
    proxy.answer(429, JSON.stringify({ error: { ...busy, code: 'MARKET_LIMIT' } }))
    await t.rejects(client.balance(), {
      code: 'CLIENT_MARKET_REFUSED',
      remoteCode: 'MARKET_LIMIT',
      status: 429,
    })
    proxy.answer(500, 'oops')
    await t.rejects(client.balance(), { code: 'CLIENT_MARKET_ANSWER' })
    t.equal(proxy.calls.length, 6)
  },
)

t.test('a call that is given up ends at once, also while it waits', async (t) => {
  const over = new AbortController()
  const init = { url: 'http://127.0.0.1:1', clock: systemClock, random: systemRandom }
  const client = connectMarket({ ...init, limits: { retryMs: 60_000, retryMsMax: 60_000 } })
  const asked = client.prices({ signal: over.signal })
  over.abort()
  await t.rejects(asked, { code: 'CORE_ABORTED' })
  const work = connectWorkSource(init)
  await t.rejects(work.claim({ key: randomUUID() }), { code: 'CLIENT_SIGNER_MISSING' })
})
