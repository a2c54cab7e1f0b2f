import { ManualClock, SeededRandom, silentLog, systemClock, systemRandom } from '@shardline/core'
import { MemoryNonces, createIdentity } from '@shardline/identity'
import { DatabaseUnavailableError } from '@shardline/ledger'
import type { SweepOptions } from '../../src/market.ts'
import { serveMarket } from '@shardline/market'
import t from 'tap'
import { SweepLoop } from '../../src/http/sweep-loop.ts'
import type { SweepRound } from '../../src/http/sweep-loop.ts'
import { MODEL, marketDouble } from '../support/market-double.ts'
import { serveDouble } from '../support/double-server.ts'

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('closing finishes what is in flight and takes nothing new', async (t) => {
  const double = await serveDouble()
  const { market, client, server } = double
  let release = (): void => undefined
  const isAsked = new Promise<void>((asked) => {
    market.answer('prices', () => {
      asked()
      return new Promise((resolve) => (release = () => resolve([])))
    })
  })
  const inFlight = client.ask('GET', '/v1/prices')
  await isAsked
  const closed = server.close()
  await tick()
  const late = await client.ask('GET', '/healthz').then(
    ({ error }) => String(error?.code),
    () => 'refused',
  )
  t.match(late, /^(refused|MARKET_CLOSED)$/)
  release()
  t.equal((await inFlight).status, 200)
  await closed
  await t.rejects(client.ask('GET', '/healthz'))
})

t.test('closing cuts off what does not finish in time', async (t) => {
  const double = await serveDouble({ closeMsMax: 50 })
  const { market, client, server } = double
  const isAsked = new Promise<void>((asked) => {
    market.answer('prices', () => {
      asked()
      return new Promise(() => undefined)
    })
  })
  const inFlight = client.ask('GET', '/v1/prices').then(
    () => 'answered',
    () => 'cut off',
  )
  await isAsked
  await server.close()
  t.equal(await inFlight, 'cut off')
})

t.test('a port that is taken is told by name', async (t) => {
  await using double = await serveDouble()
  const identity = await createIdentity(systemRandom)
  const components = {
    market: marketDouble(),
    identity,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    nonces: new MemoryNonces({ clock: systemClock }),
  }
  const port = Number(new URL(double.server.address).port)
  await t.rejects(serveMarket(components, { port }), { code: 'MARKET_ADDRESS_UNUSABLE' })
})

t.test(
  'is not ready while the database does not answer or sweeps fail, and healthy all the while',
  async (t) => {
    await using double = await serveDouble({ readyMsMax: 50, sweepIntervalMs: 5, sweepLateMsMax: 2_000 })
    const { market, client } = double
    t.equal((await client.ask('GET', '/readyz')).status, 200)
    market.answer('ping', () => new Promise(() => undefined))
    const silent = await client.ask('GET', '/readyz')
    t.match(
      [silent.status, silent.body],
      [503, { error: { code: 'MARKET_NOT_READY', details: { because: 'database' } } }],
    )
    market.answer('ping', () => Promise.reject(new Error('away')))
    t.equal((await client.ask('GET', '/readyz')).status, 503)
    market.answer('ping', async () => undefined)
    market.answer('sweep', () => Promise.reject(new DatabaseUnavailableError(new Error('away'))))
    const isLate = ({ status, body }: Awaited<ReturnType<typeof client.ask>>): boolean =>
      status === 503 && JSON.stringify(body).includes('"because":"sweeps"')
    // Seldom enough for the limit of asks, and on a slow machine the database may seem to be silent once.
    while (!isLate(await client.ask('GET', '/readyz'))) await systemClock.sleep(50)
    t.equal((await client.ask('GET', '/healthz')).status, 200)
  },
)

t.test('sweeps go on after a failure, at times of their own', async (t) => {
  const clock = new ManualClock()
  const market = marketDouble()
  const rounds: SweepRound[] = []
  const loop = new SweepLoop({
    market,
    clock,
    random: new SeededRandom(1),
    log: silentLog,
    intervalMs: 1_000,
    lateMsMax: 5_000,
    onRound: (round) => rounds.push(round),
  })
  market.answer('sweep', () => Promise.reject(new DatabaseUnavailableError(new Error('away'))))
  await loop.start()
  await tick()
  t.match(rounds, [{ isOk: false, code: 'LEDGER_DATABASE_UNAVAILABLE' }])
  market.answer('sweep', async () => ({
    lapsed: 0,
    requeued: 2,
    failed: 0,
    expired: 0,
    settled: 0,
    capacitiesGone: 0,
  }))
  clock.advance(499)
  await tick()
  t.equal(rounds.length, 1, 'never sooner than half an interval')
  clock.advance(1_001)
  await tick()
  t.match(rounds[1], { isOk: true, report: { requeued: 2 } })
  t.equal(loop.isAlive, true)
  await loop.stop()
  clock.advance(10_000)
  await tick()
  t.equal(rounds.length, 2)
  t.equal(loop.isAlive, false)
})

t.test('sweeps that follow an outage say when they began again', async (t) => {
  const clock = new ManualClock(1_000_000)
  const market = marketDouble()
  const resumed: (number | undefined)[] = []
  const report = { lapsed: 0, requeued: 0, failed: 0, expired: 0, settled: 0, capacitiesGone: 0 }
  const loop = new SweepLoop({
    market,
    clock,
    random: new SeededRandom(1),
    log: silentLog,
    intervalMs: 1_000,
    lateMsMax: 5_000,
    onRound: () => undefined,
  })
  let isAway = false
  market.answer('sweep', (options) => {
    resumed.push((options as SweepOptions).resumedAtMs)
    return isAway ? Promise.reject(new DatabaseUnavailableError(new Error('away'))) : Promise.resolve(report)
  })
  const passSeconds = async (seconds: number): Promise<void> => {
    for (let half = 0; half < seconds * 2; half++) {
      clock.advance(500)
      await tick()
    }
  }
  await loop.start()
  await passSeconds(4)
  t.same([...new Set(resumed)], [1_000_000], 'since the start')
  isAway = true
  await passSeconds(20)
  isAway = false
  resumed.length = 0
  await passSeconds(4)
  await loop.stop()
  const [again = 0, ...others] = new Set(resumed)
  t.ok(again > 1_020_000 && again <= 1_026_000, `${again}`)
  t.same(others, [], 'once')
})

t.test('metrics tell what was asked, refused, swept, and how the market stands', async (t) => {
  await using double = await serveDouble()
  const { market, client, alice } = double
  await client.ask('GET', '/v1/prices')
  await client.ask('GET', '/v1/balance')
  await client.ask('POST', '/v1/claims', { as: alice, body: {} })
  market.publish({ type: 'price', model: MODEL, seq: 4n, price: '1' })
  const { text, headers } = await client.ask('GET', '/metrics')
  t.match(headers.get('content-type'), /text\/plain; version=0\.0\.4/)
  for (const line of [
    'shardline_market_http_seconds_count{method="GET",route="/v1/prices",status="200"} 1',
    'shardline_market_refused_total{code="IDENTITY_SIGNATURE_MISSING"} 1',
    'shardline_market_claims_total{outcome="none"} 1',
    'shardline_market_events_total{type="price",state=""} 1',
    'shardline_market_requests{state="PENDING"} 1',
    'shardline_market_settlement_lag_seconds 1.5',
    `shardline_market_price_microcredits{model="${MODEL}"} 100.5`,
    'shardline_market_database_up 1',
  ]) {
    t.ok(text.includes(line), line)
  }
  t.match(text, /shardline_market_sweeps_total\{outcome="ok"\} \d/)
  t.notMatch(text, new RegExp(alice.id), 'nobody is named')
  market.answer('stats', () => Promise.reject(new Error('away')))
  const without = await client.ask('GET', '/metrics')
  t.equal(without.status, 200)
  t.ok(without.text.includes('shardline_market_database_up 0'))
})
