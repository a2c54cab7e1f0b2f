import { textAsk } from '@shardline/client'
import type { MarketEvent } from '@shardline/client'
import { systemClock } from '@shardline/core'
import t from 'tap'
import { ServedMarket } from '../support/served-market.ts'

const served = await ServedMarket.open()
t.teardown(() => served[Symbol.asyncDispose]())
let parties = 0
/** A seed for somebody new. */
const next = (): number => (parties += 1)

const ASKED = { promptTokensMax: 10, outputTokensMax: 10 }

/** Reads on until an event is found. */
async function until(
  events: AsyncIterator<MarketEvent>,
  isWanted: (event: MarketEvent) => boolean,
): Promise<MarketEvent> {
  for (;;) {
    const { value, done } = await events.next()
    if (done === true) throw new Error('the events ended')
    if (isWanted(value)) return value
  }
}

const isState = ({ type }: MarketEvent): boolean => type === 'state'

t.test('tells how things stand, then what happens, and again after the connection broke', async (t) => {
  const driver = await served.driver(next())
  const { client } = await served.user(next())
  const over = new AbortController()
  const feed = client.events({ topics: ['requests', 'prices'], model: served.model, signal: over.signal })
  const events = feed[Symbol.asyncIterator]()
  const before = await until(events, isState)
  t.match(before, { requests: [], prices: [{ model: served.model }] })
  const request = await client.open({ model: served.model, driver: driver.identity.id, ...ASKED })
  await client.submit({ request, content: textAsk('Tell me a story.') })
  const happened: MarketEvent[] = []
  const isPending = (event: MarketEvent): boolean => event.type === 'request' && event.state === 'PENDING'
  const isPrice = ({ type }: MarketEvent): boolean => type === 'price'
  await until(events, (event) => {
    happened.push(event)
    return happened.some(isPending) && happened.some(isPrice)
  })
  t.match(happened.find(isPending), { request: request.id, driver: driver.identity.id })
  t.match(happened.find(isPrice), { model: served.model })
  const again = until(events, isState)
  await served.restart()
  await client.cancel(request.id)
  t.match(
    await again,
    { type: 'state', requests: [{ id: request.id }] },
    'what happened meanwhile shows in it',
  )
  over.abort()
  for (;;) if ((await events.next()).done === true) break
  t.pass('it ends when it is told to')
})

t.test('says why there are no events', async (t) => {
  const first = async (init: Parameters<ServedMarket['user']>[1]): Promise<unknown> => {
    const { client } = await served.user(next(), init)
    return client
      .events({ topics: ['requests'] })
      [Symbol.asyncIterator]()
      .next()
  }
  const late = { ...systemClock, now: () => systemClock.now() - 61_000 }
  await t.rejects(first({ clock: late }), { code: 'CLIENT_CLOCK_SKEWED' })
  const { identity: other } = await served.user(next())
  await t.rejects(first({ marketId: other.id }), { code: 'CLIENT_MARKET_MISMATCH' })
  const away = { url: 'http://127.0.0.1:1', limits: { retryMs: 1, triesMax: 1, eventsTriesMax: 2 } }
  await t.rejects(first(away), { code: 'CLIENT_MARKET_UNREACHABLE' })
  const nobody = served.connect().events({ topics: ['requests'] })
  await t.rejects(nobody[Symbol.asyncIterator]().next(), { code: 'CLIENT_SIGNER_MISSING' })
  const prices = served
    .connect()
    .events({ topics: ['prices'] })
    [Symbol.asyncIterator]()
  t.match(await prices.next(), { value: { type: 'state', requests: undefined } }, 'prices are for everyone')
  await prices.return?.(undefined)
})

t.test('a silent connection is made anew, and a slow reader gets the state again', async (t) => {
  const quiet = served.connect({ limits: { eventsSilenceMsMax: 20, retryMs: 1 } })
  const events = quiet.events({ topics: ['prices'] })[Symbol.asyncIterator]()
  t.ok(isState(await until(events, () => true)))
  t.ok(isState(await until(events, () => true)), 'nothing came, so it asked again')
  await events.return?.(undefined)
  const slow = served.connect({ limits: { eventsWaitingMax: 1, retryMs: 1 } })
  const waiting = slow.events({ topics: ['prices'] })[Symbol.asyncIterator]()
  await until(waiting, isState)
  const drivers = await Promise.all([1, 2, 3, 4].map(() => served.driver(next())))
  t.equal(drivers.length, 4)
  t.ok(isState(await until(waiting, isState)), 'too much waited for it')
  await waiting.return?.(undefined)
})
