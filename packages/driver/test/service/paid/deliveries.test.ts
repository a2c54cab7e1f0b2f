import { ManualClock, silentLog } from '@shardline/core'
import t from 'tap'
import { Deliveries } from '../../../src/service/paid/deliveries.ts'
import { Away, Decision } from '../../support/market-double.ts'

const INIT = { pendingMax: 2, retryMsMin: 10, retryMsMax: 40, graceMs: 100 }

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}

/** Deliveries at a market that fails so often. */
function deliveries(failures: number, failure: () => Error = () => new Away('nobody answers')) {
  const clock = new ManualClock()
  const all = new Deliveries({ clock, log: silentLog }, INIT)
  const triedAtMs: number[] = []
  const hand = async (): Promise<void> => {
    triedAtMs.push(clock.now())
    if (triedAtMs.length <= failures) throw failure()
  }
  const pass = async (ms: number): Promise<void> => {
    await settle()
    for (let passed = 0; passed < ms; passed += 5) {
      clock.advance(5)
      await settle()
    }
  }
  return { all, triedAtMs, hand, pass }
}

t.test('a market that is away is asked again at growing intervals', async (t) => {
  const { all, triedAtMs, hand, pass } = deliveries(4)
  const delivering = all.deliver({ ask: 'a', deadlineMs: 1_000, hand })
  await pass(200)
  await delivering
  t.same(triedAtMs, [0, 10, 30, 70, 110])
})

t.test("a market's decision ends it at once", async (t) => {
  for (const [remoteCode, code] of [
    ['MARKET_FENCE_STALE', 'DRIVER_CLAIM_LOST'],
    ['MARKET_REQUEST_STATE', 'DRIVER_CLAIM_LOST'],
    ['MARKET_RECEIPTS_REFUSED', 'DRIVER_PAYMENT_REFUSED'],
  ] as const) {
    const { all, triedAtMs, hand } = deliveries(1, () => new Decision(remoteCode))
    await t.rejects(all.deliver({ ask: 'a', deadlineMs: 1_000, hand }), { code })
    t.equal(triedAtMs.length, 1)
  }
})

t.test('a while after the deadline it is given up, by what failed last', async (t) => {
  const { all, triedAtMs, hand, pass } = deliveries(Infinity)
  const delivering = t.rejects(all.deliver({ ask: 'a', deadlineMs: 50, hand }), { code: 'TEST_AWAY' })
  await pass(400)
  await delivering
  t.same(triedAtMs.at(-1), 190, 'tries at 150 and 190: the deadline and 100 ms are over at the second')
})

t.test('so many may wait, and no more', async (t) => {
  const { all } = deliveries(0)
  let end: () => void = () => undefined
  const waiting = new Promise<void>((resolve) => {
    end = resolve
  })
  all.checkRoom()
  const tracked = [all.track(waiting), all.track(waiting)]
  t.throws(() => all.checkRoom(), { code: 'DRIVER_DELIVERIES_FULL', retryAfterMs: 40 })
  end()
  await Promise.all(tracked)
  all.checkRoom()
  t.equal(all.pending, 0)
  await t.rejects(
    all.track(Promise.reject(new Away('lost'))),
    { code: 'TEST_AWAY' },
    'how it ended is passed on',
  )
})

t.test('stopping waits for a while, and then gives up what is left', async (t) => {
  const { all, hand, pass } = deliveries(Infinity)
  const delivering = t.rejects(all.track(all.deliver({ ask: 'a', deadlineMs: 1_000_000, hand })), {
    code: 'CORE_ABORTED',
  })
  let isStopped = false
  const stopping = all.stop(100).then(() => {
    isStopped = true
  })
  await pass(90)
  t.notOk(isStopped)
  await pass(20)
  await Promise.all([stopping, delivering])
  t.equal(all.pending, 0)
})
