import { connectMarket } from '@shardline/client'
import { systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import t from 'tap'
import { dropAnswers } from '../support/dropping-proxy.ts'
import { CREDITS, ServedMarket } from '../support/served-market.ts'

const served = await ServedMarket.open()
t.teardown(() => served[Symbol.asyncDispose]())

t.test('a market that is another one, or at another time, is named as that', async (t) => {
  const { id } = await createIdentity(systemRandom)
  const { client: lost } = await served.user(1, { marketId: id })
  await t.rejects(lost.balance(), {
    code: 'CLIENT_MARKET_MISMATCH',
    details: { expected: id, given: served.identity.id },
  })
  for (const aheadMs of [61_000, -61_000]) {
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
    const { client } = await served.user(1, { clock })
    const way = aheadMs > 0 ? /ahead of/ : /behind/
    await t.rejects(client.balance(), { code: 'CLIENT_CLOCK_SKEWED', message: way })
  }
  const { client } = await served.user(1, {
    clock: { ...systemClock, now: () => systemClock.now() + 50_000 },
  })
  t.match(await client.balance(), { available: CREDITS * 4n })
  const { client: trusting } = await served.user(1, { marketId: undefined })
  t.match(await trusting.balance(), { held: 0n }, 'who names no market takes the one that answers')
})

t.test("a refusal carries the market's code, its details, and whether it passes", async (t) => {
  const driver = await served.driver(1)
  const { client } = await served.user(2)
  const asked = { model: served.model, driver: driver.identity.id, outputTokensMax: 10 }
  await t.rejects(client.open({ ...asked, promptTokensMax: 2_000_000 }), {
    code: 'CLIENT_MARKET_REFUSED',
    remoteCode: 'MARKET_INPUT_INVALID',
  })
  await t.rejects(client.open({ ...asked, promptTokensMax: 10, maxPrice: '1' }), {
    code: 'CLIENT_MARKET_REFUSED',
    remoteCode: 'MARKET_PRICE_ABOVE_MAX',
    retryable: true,
    status: 409,
    remoteDetails: { maxPrice: '1' },
  })
  const nobody = served.connect()
  await t.rejects(nobody.balance(), { code: 'CLIENT_SIGNER_MISSING' })
  t.match(await nobody.quote({ ...asked, promptTokensMax: 10 }), { affordableTokens: undefined })
})

t.test('what answers like no market is refused', async (t) => {
  await using proxy = await dropAnswers('http://127.0.0.1:1')
  const init = { url: `${proxy.url}/`, clock: systemClock, random: systemRandom }
  const client = connectMarket({ ...init, limits: { answerBytesMax: 1_000, triesMax: 1 } })
  const price = { model: 'a', layerCount: 8, basePrice: '1', price: '1', multiplier: '1', supply: '0' }
  const whole = { ...price, demandTokens: '0', seq: '0' }
  const wrong = [
    'hello',
    '[]',
    '{}',
    '{"models":7}',
    '{"models":[7]}',
    JSON.stringify({ models: [price] }),
    JSON.stringify({ models: [{ ...whole, basePrice: 1 }] }),
    JSON.stringify({ models: [{ ...whole, basePrice: '-1' }] }),
    JSON.stringify({ models: [{ ...whole, layerCount: '8' }] }),
    JSON.stringify({ models: [{ ...whole, model: 'a'.repeat(1_000) }] }),
  ]
  for (const text of wrong) {
    proxy.answer(200, text)
    await t.rejects(client.prices(), { code: 'CLIENT_MARKET_ANSWER' }, text.slice(0, 60))
  }
  proxy.answer(200, JSON.stringify({ models: [whole] }))
  t.match(await client.prices(), [{ basePrice: 1n, demandTokens: 0n }])
  proxy.answer(302, '', { location: '/v1/models' })
  await t.rejects(client.prices(), { code: 'CLIENT_MARKET_UNREACHABLE' }, 'redirections are not followed')
})

t.test('a market that says nothing is given up', async (t) => {
  const fetch = (_url: string, { signal }: RequestInit): Promise<Response> =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')))
    })
  const init = { url: 'http://market.example', clock: systemClock, random: systemRandom, fetch }
  const client = connectMarket({ ...init, limits: { answerMsMax: 5, triesMax: 2, retryMs: 1 } })
  await t.rejects(client.models(), { code: 'CLIENT_MARKET_UNREACHABLE', message: /within 5 ms/ })
})

t.test('drivers are measured by dialing those who are where they say', async (t) => {
  await using served = await ServedMarket.open()
  const [driver, other] = [await served.driver(1), await served.driver(2)]
  const dialed: string[] = []
  const transport = {
    dial: async (address: string, { expectPublicKey }: { readonly expectPublicKey?: Uint8Array } = {}) => {
      dialed.push(address)
      const isOther = Buffer.from(expectPublicKey ?? []).equals(other.identity.publicKey)
      if (isOther) throw new Error('somebody else is there')
      return { close: () => Promise.resolve() } as never
    },
  }
  const drivers = await served.connect().drivers(served.model, { measure: { transport } })
  t.same(dialed, ['ws://127.0.0.1:7101', 'ws://127.0.0.1:7101'])
  const latencyOf = (id: string): number | undefined =>
    drivers.find((listing) => listing.driver === id)?.latencyMs
  t.type(latencyOf(driver.identity.id), 'number')
  t.equal(latencyOf(other.identity.id), undefined)
  const one = { transport, driversMax: 1 }
  await served.connect().drivers(served.model, { measure: one })
  t.equal(dialed.length, 3, 'and no more than wanted')
})
