import { silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { OldClaims } from '../../../src/service/paid/old-claims.ts'
import { Away, Decision, MarketDouble } from '../../support/market-double.ts'

const open = (market: MarketDouble): OldClaims =>
  new OldClaims(
    { market, clock: systemClock, log: silentLog },
    { callMsMax: 5_000, retryMsMin: 1, retryMsMax: 2 },
  )
const released = (market: MarketDouble): unknown =>
  market.of('release').map(({ id, fence }) => `${id}/${fence}`)

/** What is released is held no more. */
function forgetReleased(market: MarketDouble): void {
  market.onCall = async ({ what, id }) => {
    if (what === 'release') market.held = market.held.filter((claim) => claim.id !== id)
  }
}

t.test('gives back all that was held, by the fences that the market names', async (t) => {
  const market = new MarketDouble()
  market.held = [
    { id: 'a', fence: 1 },
    { id: 'b', fence: 3 },
  ]
  forgetReleased(market)
  await open(market).release()
  t.same(released(market), ['a/1', 'b/3'])
})

t.test('one look is enough where nothing was held', async (t) => {
  const market = new MarketDouble()
  await open(market).release()
  t.same(
    market.calls.map(({ what }) => what),
    ['claims'],
  )
})

t.test('leaves alone what this process has claimed, or is just claiming', async (t) => {
  const market = new MarketDouble()
  market.held = [
    { id: 'old', fence: 1 },
    { id: 'own', fence: 4 },
    { id: 'early', fence: 2 },
  ]
  forgetReleased(market)
  const claims = open(market)
  await claims.whileClaiming('own', async () => ({ id: 'own', fence: 4 }))
  let refuse = (): void => undefined
  const claiming = claims.whileClaiming(
    'early',
    () =>
      new Promise<undefined>((_, reject) => {
        refuse = () => reject(new Decision('MARKET_REQUEST_STATE'))
      }),
  )
  const releasing = claims.release()
  while (market.of('claims').length < 3) await systemClock.sleep(1)
  t.same(released(market), ['old/1'])
  refuse()
  await t.rejects(claiming)
  await releasing
  t.same(released(market), ['old/1', 'early/2'], 'what could not be claimed was held by the one that died')
})

t.test('an older claim of what this process claimed since is left to the market', async (t) => {
  const market = new MarketDouble()
  market.held = [{ id: 'a', fence: 1 }]
  market.failures.release = [new Decision('MARKET_FENCE_STALE')]
  market.onCall = async ({ what }) => {
    if (what === 'release') market.held = []
  }
  await open(market).release()
  t.same(released(market), ['a/1'], 'it was over already')
})

t.test('a market that is away is asked again; one that decides otherwise is not', async (t) => {
  const away = new MarketDouble()
  away.held = [{ id: 'a', fence: 1 }]
  forgetReleased(away)
  away.failures.claims = [new Away('nobody answers'), undefined]
  away.failures.release = [new Away('nobody answers')]
  await open(away).release()
  t.same(
    away.calls.map(({ what }) => what),
    ['claims', 'claims', 'release', 'claims'],
    'the first release had its effect, and its answer was lost',
  )
  const other = new MarketDouble()
  other.failures.claims = [new Decision('MARKET_ROUTE_UNKNOWN')]
  await open(other).release()
  t.equal(other.calls.length, 1)
})

t.test('ends when it is told to', async (t) => {
  const market = new MarketDouble()
  market.onCall = async () => {
    throw new Away('nobody answers')
  }
  const claims = open(market)
  const releasing = claims.release()
  while (market.calls.length < 2) await systemClock.sleep(1)
  claims.stop()
  await t.resolves(releasing)
})
