import type { Test } from 'tap'
import type { CapacityInit } from '@shardline/market'
import { modelId } from '@shardline/market'
import type { OpenAgain } from '../support/played-market.ts'
import { openPlayed } from '../support/open-played.ts'

/** What the market promises about capacities: what counts, for how long, and when it moves a price. */
export async function capacityRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const played = await openPlayed(openAgain)
  const { market, clock, model } = played
  const driver = played.id('driver')

  await t.test('before a driver has shown anything it counts with little', async (t) => {
    t.match(await played.report(1_000), { driver, tokensPerSecond: 50, reportedTokensPerSecond: 1_000 })
    t.equal((await played.now()).supply, '50')
    t.match(await played.report(12.345), { tokensPerSecond: 12.345, reportedTokensPerSecond: 12.345 })
  })

  await t.test('saying the same again makes it last and moves no price; another word does', async (t) => {
    const { seq } = await played.now()
    for (let beat = 0; beat < 12; beat++) {
      clock.advance(20_000)
      await played.report(12.345)
    }
    t.match(await played.now(), { seq, supply: '12.345' }, 'four minutes later')
    await played.report(12)
    t.match(await played.now(), { seq: seq + 1n, supply: '12' })
    await played.report(1_000)
    t.match(await played.now(), { seq: seq + 2n, supply: '50' })
    await played.report(2_000)
    t.match(await played.now(), { seq: seq + 2n, supply: '50' }, 'what counts has not changed')
  })

  await t.test(
    'what is not said again in time counts no more at once, and moves the price with the sweep',
    async (t) => {
      const { seq } = await played.now()
      clock.advance(59_999)
      t.equal((await market.drivers(model)).length, 1)
      t.match(await market.sweep(), { capacitiesGone: 0 })
      clock.advance(1)
      t.same(await market.drivers(model), [])
      t.match(await played.now(), { seq, supply: '0' }, 'before any sweep')
      t.match(await market.sweep(), { capacitiesGone: 1 })
      t.match(await market.sweep(), { capacitiesGone: 0 })
      t.equal((await played.now()).seq, seq + 1n)
      await played.report(2_000)
      t.match(
        (await market.priceHistory(model, { limit: 2 })).map(({ cause }) => cause),
        ['capacity-registered', 'capacity-withdrawn'],
      )
    },
  )

  await t.test('an expired capacity that comes back before the sweep is news', async (t) => {
    const { seq } = await played.now()
    clock.advance(60_000)
    await played.report(2_000)
    t.match(await played.now(), { seq: seq + 1n, supply: '50' })
  })

  await t.test(
    'what settled requests show takes the place of the bound, and a heartbeat takes it up',
    async (t) => {
      await played.completed({ prompt: 10, output: 2_000 }, { ms: 10_000 })
      await played.report(2_000)
      const { seq } = await played.now()
      t.match(await played.report(2_000), { tokensPerSecond: 200 })
      t.match(await played.now(), { seq, supply: '200' }, 'evidence is no event')
      t.match(await played.report(150), { tokensPerSecond: 150 }, 'its word still bounds it')
      await played.report(2_000)
    },
  )

  await t.test('a request of which nothing was acknowledged shows nothing', async (t) => {
    const { id } = await played.submitted({ outputTokensMax: 10 })
    await played.deliver(id, { prompt: 1, output: 10 }, { ms: 50_000 })
    clock.advance(30_000)
    await market.sweep()
    t.match(await market.request(driver, id), { endReason: 'nothing-acknowledged' })
    t.match(await played.report(2_000), { tokensPerSecond: 200 })
  })

  await t.test('only registered drivers report, and only what is one', async (t) => {
    const everything = await played.everything()
    await t.rejects(played.report(1, { by: 'stranger' }), { code: 'MARKET_FORBIDDEN' })
    await t.rejects(played.report(1, { model: modelId('nobody/knows') }), { code: 'MARKET_NOT_FOUND' })
    const wrong: readonly Partial<CapacityInit>[] = [
      { tokensPerSecond: -1 },
      { tokensPerSecond: Number.NaN },
      { tokensPerSecond: Number.POSITIVE_INFINITY },
      { tokensPerSecond: 10_000_001 },
      { numericClass: 'a class of its own' },
      { quantization: '' },
      { workers: Array.from({ length: 257 }, () => driver) },
    ]
    for (const init of wrong) {
      await t.rejects(
        played.report(1, init),
        { code: 'MARKET_INPUT_INVALID' },
        JSON.stringify(init).slice(0, 60),
      )
    }
    t.equal(await played.everything(), everything)
  })

  await t.test('withdrawing is for oneself, and again is nothing', async (t) => {
    await played.report(10, { by: 'rival' })
    const { seq } = await played.now()
    await market.withdrawCapacity(played.id('stranger'), model)
    t.equal((await played.now()).seq, seq)
    await market.withdrawCapacity(played.id('rival'), model)
    await market.withdrawCapacity(played.id('rival'), model)
    t.match(await played.now(), { seq: seq + 1n })
    await t.rejects(market.withdrawCapacity(driver, modelId('nobody/knows')), { code: 'MARKET_NOT_FOUND' })
  })
}
