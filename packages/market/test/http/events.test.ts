import { ManualClock } from '@shardline/core'
import type { MarketEvent } from '@shardline/market'
import t from 'tap'
import { EventFeed } from '../../src/http/event-feed.ts'
import type { EventSocket } from '../../src/http/event-feed.ts'
import { EventHub } from '../../src/http/event-hub.ts'
import { MarketMetrics } from '../../src/http/market-metrics.ts'
import { EventClient } from '../support/event-client.ts'
import { MODEL, PRICE, marketDouble } from '../support/market-double.ts'
import { serveDouble } from '../support/double-server.ts'

const priceEvent = (seq: bigint, model = MODEL): MarketEvent => ({ type: 'price', model, seq, price: '101' })
const requestEvent = (user: unknown, driver: unknown): MarketEvent => ({
  type: 'request',
  request: '11111111-2222-4333-8444-555555555555' as never,
  state: 'PENDING',
  user: user as never,
  driver: driver as never,
  fence: 0,
  isSettled: false,
})

t.test('prices are for everyone: first how they stand, then how they move', async (t) => {
  await using double = await serveDouble()
  const { market, server } = double
  await using all = new EventClient(server.address, '/v1/events?topics=prices')
  await using other = new EventClient(server.address, '/v1/events?topics=prices&model=other')
  await Promise.all([all.until(1), other.until(1)])
  t.match(all.messages[0], { type: 'state', prices: [{ model: MODEL, seq: '3' }] })
  t.same(other.messages[0], { type: 'state', prices: [] })
  market.publish(requestEvent(double.alice.id, double.bob.id))
  market.publish(priceEvent(4n))
  market.publish(priceEvent(5n, 'other' as never))
  await Promise.all([all.until(3), other.until(2)])
  t.same(all.messages[1], { type: 'price', model: MODEL, seq: '4', price: '101' })
  t.match(other.messages[1], { seq: '5' })
  t.equal(all.messages.length, 3, 'and nothing of requests')
})

t.test('requests are for their user and their driver, by a signed upgrade', async (t) => {
  await using double = await serveDouble()
  const { market, server, client, alice, bob } = double
  const path = '/v1/events?topics=requests,prices'
  await using stranger = new EventClient(server.address, path)
  t.same(await stranger.refused(), { status: 401, code: 'IDENTITY_SIGNATURE_MISSING' })
  const headers = client.sign('GET', path, { as: alice })
  await using user = new EventClient(server.address, path, headers)
  await user.until(1)
  t.match(user.messages[0], { type: 'state', prices: [{}], requests: [] })
  await using replay = new EventClient(server.address, path, headers)
  t.same(await replay.refused(), { status: 401, code: 'IDENTITY_NONCE_REUSED' })
  market.publish(requestEvent(bob.id, bob.id))
  market.publish(requestEvent(alice.id, bob.id))
  market.publish(requestEvent(bob.id, alice.id))
  await user.until(3)
  t.same(
    user.messages.slice(1).map((message) => [message['user'], message['driver']]),
    [
      [alice.id, bob.id],
      [bob.id, alice.id],
    ],
  )
})

t.test('what happens while the state is read comes after it', async (t) => {
  await using double = await serveDouble()
  const { market, server } = double
  market.answer('prices', async () => {
    market.publish(priceEvent(4n))
    return [PRICE]
  })
  await using client = new EventClient(server.address, '/v1/events?topics=prices')
  await client.until(2)
  t.match(client.messages, [{ type: 'state' }, { type: 'price', seq: '4' }])
})

t.test('refuses an upgrade that it has no room for, and a plain request', async (t) => {
  await using double = await serveDouble({ eventSubscribersMax: 1 })
  const { server, client } = double
  await using first = new EventClient(server.address, '/v1/events?topics=prices')
  await first.until(1)
  await using second = new EventClient(server.address, '/v1/events?topics=prices')
  t.same(await second.refused(), { status: 429, code: 'MARKET_LIMIT' })
  const plain = await client.ask('GET', '/v1/events?topics=prices')
  t.match([plain.status, plain.error?.code], [426, 'MARKET_UPGRADE_REQUIRED'])
  const topic = await client.ask('GET', '/v1/events?topics=gossip')
  t.match([topic.status, topic.error?.code], [400, 'MARKET_INPUT_INVALID'])
  const elsewhere = new EventClient(server.address, '/v1/prices')
  await elsewhere.closed
  t.same(elsewhere.messages, [], 'a socket to another route is closed, and told nothing')
})

t.test('a subscriber that talks is closed', async (t) => {
  await using double = await serveDouble()
  await using client = new EventClient(double.server.address, '/v1/events?topics=prices')
  await client.until(1)
  client.socket.send('hello')
  t.equal((await client.closed).code, 1008)
})

t.test('the server says goodbye to subscribers when it closes', async (t) => {
  const double = await serveDouble()
  await using client = new EventClient(double.server.address, '/v1/events?topics=prices')
  await client.until(1)
  await double.server.close()
  t.equal((await client.closed).code, 1001)
})

t.test(
  'when the market may have missed events, subscribers are told to come again for the state',
  async (t) => {
    await using double = await serveDouble()
    await using client = new EventClient(double.server.address, '/v1/events?topics=prices')
    await client.until(1)
    double.market.miss()
    t.same(await client.closed, { code: 1013, reason: 'events were missed' })
    await using again = new EventClient(double.server.address, '/v1/events?topics=prices')
    await again.until(1)
    t.match(again.messages[0], { type: 'state' })
  },
)

class FakeSocket implements EventSocket {
  bufferedAmount = 0
  pings = 0
  isTerminated = false
  readonly sent: string[] = []
  readonly closes: number[] = []
  send(text: string): void {
    this.sent.push(text)
  }
  ping(): void {
    this.pings++
  }
  close(code: number): void {
    this.closes.push(code)
  }
  terminate(): void {
    this.isTerminated = true
  }
}

function feedOf(socket: EventSocket, market = marketDouble()): EventFeed {
  return new EventFeed({
    socket,
    market,
    topics: ['prices'],
    party: undefined,
    model: undefined,
    bufferBytesMax: 1_000,
    eventsWaitingMax: 2,
  })
}

t.test('a subscriber that does not keep up is closed and told to come again', async (t) => {
  const socket = new FakeSocket()
  const feed = feedOf(socket)
  await feed.begin()
  feed.offer(priceEvent(4n))
  socket.bufferedAmount = 1_001
  feed.offer(priceEvent(5n))
  feed.offer(priceEvent(6n))
  t.same(socket.closes, [1013])
  t.equal(socket.sent.length, 2)
})

t.test('events that wait for the state are bounded', async (t) => {
  const socket = new FakeSocket()
  const market = marketDouble()
  let release = (): void => undefined
  market.answer('prices', () => new Promise((resolve) => (release = () => resolve([PRICE]))))
  const feed = feedOf(socket, market)
  const begun = feed.begin()
  for (let seq = 4n; seq < 8n; seq++) feed.offer(priceEvent(seq))
  await Promise.resolve()
  release()
  await begun
  t.same(socket.closes, [1013])
  t.same(socket.sent, [])
})

t.test('a feed whose state can not be read is closed', async (t) => {
  const socket = new FakeSocket()
  const market = marketDouble()
  market.answer('prices', () => Promise.reject(new Error('away')))
  await feedOf(socket, market).begin()
  t.same(socket.closes, [1013])
})

t.test('who does not answer a ping is cut off', async (t) => {
  const clock = new ManualClock()
  const market = marketDouble()
  const hub = new EventHub({ market, clock, metrics: new MarketMetrics(), subscribersMax: 8, pingMs: 100 })
  const [dead, alive] = [new FakeSocket(), new FakeSocket()]
  const feeds = [dead, alive].map((socket) => feedOf(socket, market))
  for (const feed of feeds) hub.add(feed)
  await hub.start()
  for (let round = 0; round < 3; round++) {
    clock.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
    feeds[1]?.answered()
  }
  t.equal(dead.isTerminated, true)
  t.equal(alive.isTerminated, false)
  t.equal(alive.pings, 3)
  await hub.stop()
})
