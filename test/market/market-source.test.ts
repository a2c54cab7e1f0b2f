import { textAsk } from '@shardline/client'
import t from 'tap'
import { PAID_PROMPT_TOKENS, PaidDriver } from '../support/paid-driver.ts'
import {
  costOf,
  paidAsk,
  readAnswer,
  STORY,
  STORY_TOKENS,
  SweptMarket,
  until,
} from '../support/paid-place.ts'
import { CREDITS } from '../support/served-market.ts'

const market = await SweptMarket.open()
t.teardown(() => market[Symbol.asyncDispose]())

t.test('a driver of a market answers, and is paid for what came', async (t) => {
  await using place = await market.place()
  const { source, user, driver } = place
  t.match(await source.models(), [{ model: 'storyteller/q4', contextLength: 256, price: '100000000' }])
  const { texts, report } = await readAnswer(source.ask(paidAsk()))
  t.same(texts, [STORY])
  const billed = costOf(STORY_TOKENS)
  t.match(report, { isVerified: true, isFailover: false, billed, lockedPrice: '100000000' })
  t.equal(report.driver, driver.driver.identity.id)
  const { payment } = report
  t.match(payment, { id: report.ask, state: 'COMPLETED', outputTokensMax: 20, settlement: { isDone: true } })
  t.equal(payment?.settlement?.refund, (payment?.hold ?? 0n) - billed)
  t.match(await user.client.balance(), { available: CREDITS - billed, held: 0n })
  if (payment === undefined) throw new Error('a payment')
  const { receipts, layerCount } = await user.client.receipts(payment)
  t.same(
    receipts.map(({ body }) => body.role),
    ['driver', 'worker', 'validator'],
  )
  t.equal(layerCount, 8)
  const stranger = await place.served.user(7)
  await t.rejects(stranger.client.receipts(payment), {
    code: 'CLIENT_MARKET_REFUSED',
    remoteCode: 'MARKET_NOT_FOUND',
  })
  t.match(driver.asks, [{ ask: report.ask, isAsAtMarket: true, content: { model: 'storyteller' } }])
  t.same(driver.failures, [])
})

t.test('an ask without a seed gets one, and its choices are held for and paid together', async (t) => {
  await using place = await market.place()
  const answer = await readAnswer(place.source.ask(textAsk('x', { choices: 3, maxTokens: 6 })))
  const seed = place.driver.asks[0]?.content.sampling.seed ?? -1
  t.same(
    answer.texts,
    [0, 1, 2].map((choice) => PaidDriver.story(seed + choice, 6)),
  )
  t.match(answer.report, { billed: costOf(18), payment: { outputTokensMax: 18 } })
})

t.test('what a user leaves open is bounded before it is held for', async (t) => {
  await using place = await market.place({ limits: { outputTokensDefault: 9 } })
  const { report } = await readAnswer(place.source.ask(paidAsk({ maxTokens: null, model: 'storyteller' })))
  t.equal(place.driver.asks[0]?.content.maxTokens, 9)
  // The prompt's bound is that of the context, since the room for the template alone is longer.
  t.match(report.payment, { outputTokensMax: 9, promptTokensMax: 255 })
})

t.test('a driver that is busy, or not there, is passed over', async (t) => {
  await using place = await market.place({ drivers: 2 })
  const [first, second] = place.drivers
  await first?.die()
  if (second !== undefined) second.busyTimes = 2
  const { texts, report } = await readAnswer(place.source.ask(paidAsk()))
  t.same(texts, [STORY])
  t.match(report, { isFailover: false, billed: costOf(STORY_TOKENS) })
})

t.test('gives up after so many asks, by the failure of the last', async (t) => {
  await using place = await market.place({ limits: { driverAttemptsMax: 2 } })
  place.driver.busyTimes = 5
  await t.rejects(readAnswer(place.source.ask(paidAsk())), {
    code: 'CLIENT_ASK_REFUSED',
    remoteCode: 'DRIVER_SERVICE_BUSY',
  })
  t.equal(place.driver.busyTimes, 3)
})

t.test('an answer that is cancelled is paid as far as it came and is signed', async (t) => {
  await using place = await market.place()
  const { source, user, driver } = place
  driver.mishap = { afterTokens: 9, kind: 'hang' }
  const over = new AbortController()
  let windows = 0
  const answer = source.ask(paidAsk(), { signal: over.signal })
  const reading = readAnswer(answer, ({ type }) => {
    if (type === 'window' && ++windows === 2) over.abort()
  })
  await t.rejects(reading, { code: 'CORE_ABORTED' })
  await t.rejects(answer.report, { code: 'CORE_ABORTED' })
  const id = driver.asks[0]?.ask ?? ''
  await until(() => driver.cancelled.includes(id))
  await until(async () => (await user.client.request(id)).acknowledged.output === 8)
  t.match(await user.client.request(id), { acknowledged: { prompt: PAID_PROMPT_TOKENS, output: 8 } })
})

t.test('a request that nobody has claimed is taken back when its answer is cancelled', async (t) => {
  await using place = await market.place()
  const { source, user, driver } = place
  driver.mishap = { afterTokens: -1, kind: 'hang' }
  const over = new AbortController()
  const reading = readAnswer(source.ask(paidAsk(), { signal: over.signal }))
  await until(async () => (await user.client.requests())[0]?.state === 'PENDING')
  over.abort()
  await t.rejects(reading, { code: 'CORE_ABORTED' })
  await until(async () => (await user.client.requests())[0]?.state === 'CANCELLED')
})

t.test('a reader that leaves cancels the answer', async (t) => {
  await using place = await market.place()
  place.driver.mishap = { afterTokens: 3, kind: 'hang' }
  const answer = place.source.ask(paidAsk())
  for await (const event of answer) if (event.type === 'piece') break
  await t.rejects(answer.report, { code: 'CORE_ABORTED' })
  await until(() => place.driver.cancelled.length === 1)
})

t.test('refuses a price, filters and models that the market does not have, by name', async (t) => {
  await using thrifty = await market.place({ maxPrice: '99999999.5' })
  await t.rejects(readAnswer(thrifty.source.ask(paidAsk())), {
    code: 'CLIENT_PRICE_TOO_HIGH',
    retryable: true,
  })
  await t.rejects(readAnswer(thrifty.source.ask(paidAsk({ model: 'other' }))), {
    code: 'CLIENT_MARKET_MODEL_UNKNOWN',
    message: /no model other; it has storyteller\/q4/,
  })
  await using picky = await market.place({ filters: { region: 'fr' } })
  await t.rejects(readAnswer(picky.source.ask(paidAsk())), {
    code: 'CLIENT_DRIVER_MISSING',
    details: { demanded: ['drivers', 'region'] },
  })
  t.same(await picky.source.models(), [])
  t.same(await picky.user.client.requests(), [], 'nothing was opened')
})

t.test('a source that is closed cancels what runs, and asks nobody', async (t) => {
  await using place = await market.place()
  const { source, driver } = place
  driver.mishap = { afterTokens: 3, kind: 'hang' }
  const answer = source.ask(paidAsk())
  await answer[Symbol.asyncIterator]().next()
  await source[Symbol.asyncDispose]()
  await t.rejects(answer.report, { code: 'CORE_ABORTED' })
  await t.rejects(source.models(), { code: 'CLIENT_SOURCE_CLOSED' })
  await t.rejects(readAnswer(source.ask(paidAsk())), { code: 'CORE_ABORTED' })
})

t.test('limits that can be no limits are refused', async (t) => {
  await t.rejects(market.place({ limits: { billMsMax: 0 } }), {
    code: 'CORE_INVALID_VALUE',
    message: /billMsMax is 0/,
  })
})

t.test('an answer is whole without the market, and acknowledged when that is back', async (t) => {
  await using place = await market.place({ limits: { billMsMax: 100 } })
  const { source, served, user, driver } = place
  driver.tokenMs = 20
  let down: Promise<void> | undefined
  let comeBack = (): void => undefined
  const isBack = new Promise<void>((resolve) => {
    comeBack = resolve
  })
  const { texts, report } = await readAnswer(source.ask(paidAsk()), (event) => {
    if (event.type === 'piece') down ??= served.downUntil(isBack)
  })
  comeBack()
  t.same(texts, [STORY])
  t.match(report, { isVerified: true, billed: undefined })
  await down
  await until(async () => (await user.client.requests())[0]?.state === 'COMPLETED')
  t.match(await user.client.requests(), [{ settlement: { billed: costOf(STORY_TOKENS) } }])
})
