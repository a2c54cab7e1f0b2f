import { randomUUID } from 'node:crypto'
import { base64 } from '@scure/base'
import { systemClock } from '@shardline/core'
import { textAsk } from '@shardline/client'
import { encryptionKeysOf, openPrompt } from '@shardline/identity'
import { askContent } from '@shardline/wire'
import t from 'tap'
import { CREDITS, ServedMarket, doWork } from '../support/served-market.ts'

const CONTENT = textAsk('Tell me a story.')
const ASKED = { promptTokensMax: 10, outputTokensMax: 10 }
const DELIVERED = { prompt: 10, output: 4 }

t.test('a user finds a driver, asks it unseen by the market, and pays for what came', async (t) => {
  await using served = await ServedMarket.open()
  const { model } = served
  const driver = await served.driver(1)
  const { client, historyKey } = await served.user(2)
  t.match(await client.facts(), { id: served.identity.id })
  t.same(await client.models(), [{ model, layerCount: 8, basePrice: 100_000_000n }])
  const [found] = await client.drivers(model, { filters: { region: 'de', quantization: 'q4' } })
  t.match(found, { driver: driver.identity.id, hasKey: true, price: '100000000', latencyMs: undefined })
  t.same(await client.drivers(model, { filters: { region: 'fr' } }), [])
  const quote = await client.quote({ model, ...ASKED })
  t.match(quote, { hold: 2_000n, because: 'idle', affordableTokens: CREDITS / 100n })
  const request = await client.open({ model, driver: driver.identity.id, ...ASKED })
  t.match(request, { state: 'QUOTED', hold: 2_000n, lockedPrice: quote.price })
  t.match(await client.balance(), { available: CREDITS - 2_000n, held: 2_000n })
  const submitted = await client.submit({ request, content: CONTENT })
  t.equal(submitted.request.state, 'PENDING')
  t.notMatch(Buffer.from(submitted.sealedPrompt, 'base64').toString('latin1'), /story/)

  const work = await driver.work.claim({ key: randomUUID(), models: [model] })
  if (work === undefined) throw new Error('work')
  t.match(work, { id: request.id, hold: request.hold, sealedPrompt: submitted.sealedPrompt, filters: {} })
  const keys = await encryptionKeysOf(driver.keys)
  const expected = { requestId: work.id, driverId: driver.identity.id, lockedPrice: work.hold }
  const sealed = base64.decode(work.sealedPrompt)
  const opened = await openPrompt({ sealed, keys, clock: systemClock, expected })
  t.same(askContent.decode(opened.prompt), CONTENT, 'the driver reads it')
  const moved = [
    [{ ...expected, requestId: randomUUID() }, 'IDENTITY_SEAL_REQUEST'],
    [{ ...expected, lockedPrice: work.hold - 1n }, 'IDENTITY_SEAL_PRICE'],
    [{ ...expected, driverId: served.identity.id }, 'IDENTITY_SEAL_DRIVER'],
  ] as const
  for (const [other, code] of moved) {
    await t.rejects(openPrompt({ sealed, keys, clock: systemClock, expected: other }), { code })
  }
  await doWork(driver, work, DELIVERED)
  await client.acknowledge({ id: work.id, received: DELIVERED, fence: work.fence })
  await served.market.sweep()
  const ended = await client.request(work.id)
  t.match(ended, { state: 'COMPLETED', endReason: 'settled', settlement: { isDone: true, billed: 1_400n } })
  t.match(await client.balance(), { available: CREDITS - 1_400n, held: 0n })
  t.match(await client.requests({ limit: 5 }), [{ id: work.id }])
  t.ok((await client.history(model, { limit: 3 })).length > 0)
  const own = await client.readPrompt(submitted.sealedPrompt)
  t.same(own.content, CONTENT, 'the user reads its own prompt again')
  const elsewhere = served.connect({ historyKey })
  t.same((await elsewhere.readPrompt(submitted.sealedPrompt)).content, CONTENT, 'on any machine')
  const { client: other } = await served.user(3)
  const foreign = { code: 'IDENTITY_HISTORY_KEY_WRONG' }
  await t.rejects(other.readPrompt(submitted.sealedPrompt), foreign, 'and nobody else does')
  await client.flag({ id: work.id, reason: 'too-slow' })
  t.match(await client.drivers(model), [{ reputation: { completed: 1, flagged: 1 } }])
})

t.test('two answers to one prompt are compared, and the market never learns the prompt', async (t) => {
  await using served = await ServedMarket.open()
  const { model } = served
  const drivers = [await served.driver(1), await served.driver(2)]
  const { client } = await served.user(3)
  const ids: string[] = []
  for (const driver of drivers) {
    const asked = { model, driver: driver.identity.id, ...ASKED, comparable: CONTENT }
    const request = await client.open(asked)
    await client.submit({ request, content: CONTENT })
    const work = await driver.work.claim({ key: randomUUID(), id: request.id })
    if (work === undefined) throw new Error('work')
    await doWork(driver, work, DELIVERED)
    await client.acknowledge({ id: work.id, received: DELIVERED })
    ids.push(request.id)
  }
  await served.market.sweep()
  const [preferred = '', other = ''] = ids
  const refused = { code: 'CLIENT_MARKET_REFUSED', remoteCode: 'MARKET_FEEDBACK_REFUSED' }
  await t.rejects(client.compare({ preferred, other, content: textAsk('Another one.') }), refused)
  await client.compare({ preferred, other, content: CONTENT })
  await client.compare({ preferred, other, content: CONTENT })
  await t.rejects(client.compare({ preferred: other, other: preferred, content: CONTENT }), refused)
})

t.test('a waiting request moves to another driver, sealed to that one, or is taken back', async (t) => {
  await using served = await ServedMarket.open()
  const { model } = served
  const [first, second] = [await served.driver(1), await served.driver(2)]
  const { client } = await served.user(3)
  const request = await client.open({ model, driver: first.identity.id, ...ASKED })
  await client.submit({ request, content: CONTENT })
  const moved = await client.reassign({ request, content: CONTENT, driver: second.identity.id })
  t.equal(moved.request.driver, second.identity.id)
  t.equal(await first.work.claim({ key: randomUUID() }), undefined)
  const work = await second.work.claim({ key: randomUUID() })
  if (work === undefined) throw new Error('work')
  const opened = await openPrompt({
    sealed: base64.decode(work.sealedPrompt),
    keys: await encryptionKeysOf(second.keys),
    clock: systemClock,
    expected: { requestId: work.id, driverId: second.identity.id, lockedPrice: work.hold },
  })
  t.same(askContent.decode(opened.prompt), CONTENT)
  t.match(await second.work.release(work), { state: 'PENDING' })
  t.match(await client.cancel(request.id), { state: 'CANCELLED' })
  await second.work.withdrawCapacity(model)
  await first.work.withdraw()
  t.same(await client.drivers(model), [])
})
