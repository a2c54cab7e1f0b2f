import type { MarketRequest } from '@shardline/client'
import t from 'tap'
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

/** Longer than a slow machine needs for a test. */
const ACKNOWLEDGE_MS_MAX = 20_000
const ANSWERS_AT_ONCE = 12

const market = await SweptMarket.open({ acknowledgeMsMax: ACKNOWLEDGE_MS_MAX })
t.teardown(() => market[Symbol.asyncDispose]())

/** The user's way to the market, which the acknowledgement of a whole answer doesn't get through while it is shut. */
class Way {
  /** What happens to it instead. */
  instead: (() => Promise<Response>) | undefined
  /** Whole answers that were acknowledged in vain. */
  refused = 0

  readonly fetch = (url: string, init: RequestInit): Promise<Response> => {
    if (this.instead === undefined || !isLast(url, init)) return fetch(url, init)
    this.refused += 1
    return this.instead()
  }
}

function isLast(url: string, { body }: RequestInit): boolean {
  if (!url.endsWith('/acknowledge') || !(body instanceof Uint8Array)) return false
  const { received } = JSON.parse(Buffer.from(body).toString()) as { received: { output: number } }
  return received.output >= STORY_TOKENS
}

const unreachable = (): Promise<Response> => Promise.reject(new TypeError('nobody is there'))

/** As a market with a full disk says it. */
const failing = (): Promise<Response> => {
  const error = { code: 'LEDGER_DATABASE_REFUSED', message: 'it failed', retryable: false, details: {} }
  return Promise.resolve(Response.json({ error }, { status: 500 }))
}

const QUICK = { billMsMax: 50, requestPollMsMax: 50 }

t.test('a last acknowledgement that an outage of the market held up counts when it is back', async (t) => {
  const way = new Way()
  way.instead = unreachable
  await using place = await market.place({ fetch: way.fetch, limits: QUICK })
  const { source, user, driver } = place
  const request = async (): Promise<MarketRequest | undefined> => (await user.client.requests())[0]
  driver.beforeToken = async (tokens) => {
    if (tokens === 8) await until(async () => (await request())?.acknowledged.output === 8)
  }
  market.pause()
  const { texts, report } = await readAnswer(source.ask(paidAsk()))
  t.same(texts, [STORY])
  t.equal(report.billed, undefined, 'the bill is still to come')
  await until(async () => (await request())?.state === 'DELIVERED')
  t.match(await request(), { delivered: { output: STORY_TOKENS }, acknowledged: { output: 8 } })
  await market.resume(ACKNOWLEDGE_MS_MAX)
  t.match(await request(), { state: 'DELIVERED' })
  way.instead = undefined
  await until(async () => (await request())?.settlement?.isDone === true)
  t.match(await request(), { state: 'COMPLETED', acknowledged: { output: STORY_TOKENS } })
  t.match(await user.client.balance(), { available: CREDITS - costOf(STORY_TOKENS), held: 0n })
})

t.test('a last acknowledgement is sent again when the market fails by itself', async (t) => {
  const way = new Way()
  way.instead = failing
  await using place = await market.place({ fetch: way.fetch, limits: QUICK })
  const { source, user } = place
  market.pause()
  const { texts } = await readAnswer(source.ask(paidAsk()))
  t.same(texts, [STORY])
  await until(() => way.refused >= 3)
  way.instead = undefined
  await until(async () => (await user.client.requests())[0]?.settlement?.isDone === true)
  t.match(await user.client.balance(), { available: CREDITS - costOf(STORY_TOKENS), held: 0n })
  await market.resume(0)
})

t.test('many answers wait for a market that is away without a warning', async (t) => {
  const way = new Way()
  way.instead = unreachable
  await using place = await market.place({ fetch: way.fetch, limits: QUICK })
  const { source, user } = place
  const warnings: string[] = []
  const onWarning = ({ name, message }: Error): unknown => warnings.push(`${name}: ${message}`)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  market.pause()
  const answers = Array.from({ length: ANSWERS_AT_ONCE }, () => readAnswer(source.ask(paidAsk())))
  const billed = (await Promise.all(answers)).map(({ report }) => report.billed)
  t.same(new Set(billed), new Set([undefined]))
  await until(() => way.refused > 3 * ANSWERS_AT_ONCE)
  way.instead = undefined
  await until(async () =>
    (await user.client.requests()).every(({ settlement }) => settlement?.isDone === true),
  )
  t.match(await user.client.balance(), {
    available: CREDITS - BigInt(ANSWERS_AT_ONCE) * costOf(STORY_TOKENS),
    held: 0n,
  })
  t.same(warnings, [])
  await market.resume(0)
})
