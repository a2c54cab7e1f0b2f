import { silentLog } from '@shardline/core'
import { openMarket } from '@shardline/market'
import type { Test } from 'tap'
import { amountOf, formatPrice, parsePrice } from '../../src/price/price-rule.ts'
import type { ScaledPrice } from '../../src/price/price-rule.ts'
import type { OpenAgain } from '../support/played-market.ts'
import { openPlayed } from '../support/open-played.ts'

/** Capacity that counts as it's reported, as if it had been shown. */
const PROVEN = { unprovenTokensPerSecondMax: 1_000_000 }

/** Credits per 1,000,000 tokens with six digits, as the golden vectors have them. */
const rounded = (price: number): string => (price / 1e6).toFixed(6)

/** What the market promises about a model's price. */
export async function priceRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const played = await openPlayed(openAgain, { settings: PROVEN })
  const { market } = played
  const operator = played.id('operator')
  const [user, driver] = [played.id('user'), played.id('driver')]

  await t.test('requests lock the price before their own demand, and move it for the next', async (t) => {
    await played.report(1_000)
    t.match(await played.now(), { price: '100', supply: '1000', multiplier: '1' })
    const first = await played.submitted({ outputTokensMax: 1_000_000 })
    t.equal(first.lockedPrice, '100')
    t.equal(rounded(await played.price()), '0.006322')
    t.ok(Math.abs((await played.price()) / 6322.222222 - 1) < 1e-6)
    const small = [await played.submitted(), await played.submitted(), await played.submitted()]
    t.same(
      small.map(({ lockedPrice }) => rounded(Number(lockedPrice))),
      ['0.006322', '0.011300', '0.015282'],
    )
    t.equal(rounded(await played.price()), '0.018468')
    t.equal((await played.now()).demandTokens, 1_000_003n)
    t.equal((await market.request(user, first.id)).lockedPrice, '100', 'a locked price stays')
  })

  await t.test('a request that is only opened adds no demand and moves nothing', async (t) => {
    const before = await played.now()
    await played.open({ outputTokensMax: 1_000_000 })
    t.same(await played.now(), before)
  })

  await t.test('the quote is what an opening would lock and hold, and says why', async (t) => {
    const asked = { promptTokensMax: 1_000, outputTokensMax: 2_000 }
    const quote = await market.quote({ model: played.model, user, ...asked })
    const { available } = await market.balance(user)
    const opened = await played.open(asked)
    t.equal(quote.price, opened.lockedPrice)
    t.equal(quote.hold, opened.hold)
    t.equal(quote.because, 'demand')
    t.equal(Number(quote.utilization).toFixed(6), (1_000_003 / 60_000).toFixed(6))
    const covered = quote.affordableTokens ?? 0n
    const price = parsePrice(quote.price)
    t.ok(
      amountOf(price, covered) <= available && amountOf(price, covered + 1n) > available,
      `${covered} tokens`,
    )
    t.equal((await market.quote({ model: played.model, ...asked })).affordableTokens, undefined)
    const unknown = { ...asked, model: 'nobody/knows' as typeof played.model }
    await t.rejects(market.quote(unknown), { code: 'MARKET_NOT_FOUND' })
    await t.rejects(market.quote({ ...asked, model: played.model, outputTokensMax: 0 }), {
      code: 'MARKET_INPUT_INVALID',
    })
  })

  await t.test('the history comes in pages, newest first, each point with its cause', async (t) => {
    const { seq } = await played.now()
    const all = await market.priceHistory(played.model)
    t.equal(all.length, Number(seq))
    t.same(
      all.map((point) => point.seq),
      all.map((_point, index) => seq - BigInt(index)),
    )
    t.same(all.map(({ cause }) => cause).toReversed(), [
      'model-set',
      'capacity-registered',
      ...Array.from({ length: 4 }, () => 'submitted'),
    ])
    t.equal(all[0]?.price, (await played.now()).price)
    const paged = []
    for (let before: bigint | undefined; ;) {
      const page = await market.priceHistory(played.model, {
        limit: 4,
        ...(before === undefined ? {} : { beforeSeq: before }),
      })
      if (page.length === 0) break
      t.ok(page.length <= 4)
      paged.push(...page)
      before = page.at(-1)?.seq
    }
    t.same(paged, all)
    for (const limit of [0, 1.5, 201]) {
      await t.rejects(market.priceHistory(played.model, { limit }), { code: 'MARKET_INPUT_INVALID' })
    }
    await t.rejects(market.priceHistory('nobody/knows' as typeof played.model), { code: 'MARKET_NOT_FOUND' })
  })

  await t.test('a base price takes the price with it in proportion; who names none leaves it', async (t) => {
    const before = await played.now()
    const init = { model: played.model, layerCount: before.layerCount }
    t.same(await market.setModel(operator, init), before, 'nothing new changes nothing')
    const doubled = await market.setModel(operator, { ...init, basePrice: 200n })
    t.match(doubled, { basePrice: 200n, multiplier: before.multiplier, seq: before.seq + 1n })
    t.equal(doubled.price, formatPrice((2n * parsePrice(before.price)) as ScaledPrice))
    const lowered = await market.setModel(operator, { ...init, basePrice: 100n })
    t.equal(lowered.price, before.price)
    t.ok(Number(lowered.price) >= 100)
    await t.rejects(market.setModel(driver, init), { code: 'MARKET_FORBIDDEN' })
    await t.rejects(market.setModel(operator, { ...init, layerCount: 9 }), { code: 'MARKET_INPUT_INVALID' })
    await t.rejects(market.setModel(operator, { ...init, basePrice: 0n }), { code: 'MARKET_INPUT_INVALID' })
    t.match(await played.now(), { basePrice: 100n, layerCount: before.layerCount, seq: before.seq + 2n })
  })

  await t.test('taking back and withdrawing move the price, too', async (t) => {
    const { id } = await played.submitted()
    const demand = (await played.now()).demandTokens
    await market.cancel(user, id)
    t.equal((await played.now()).demandTokens, demand - 1n)
    await market.withdrawCapacity(driver, played.model)
    t.equal((await played.now()).supply, '0')
    const [withdrawn, cancelled] = await market.priceHistory(played.model, { limit: 2 })
    t.match([withdrawn?.cause, cancelled?.cause], ['capacity-withdrawn', 'cancelled'])
  })
}

/** Without supply each request multiplies the price by 2.8. */
export async function noSupplyRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const played = await openPlayed(openAgain)
  const { market } = played
  await t.test('eight small requests', async (t) => {
    for (let nth = 1; nth <= 8; nth++) {
      const { lockedPrice } = await played.submitted()
      const expected = 100 * 2.8 ** (nth - 1)
      t.ok(Math.abs(Number(lockedPrice) / expected - 1) < 1e-6, `${lockedPrice} is ${expected}`)
    }
    t.ok(Math.abs((await played.price()) / 377_801.998336 - 1) < 1e-6)
    const quote = await market.quote({ model: played.model, promptTokensMax: 1, outputTokensMax: 1 })
    t.match(quote, { because: 'no-supply', utilization: undefined, supply: '0' })
  })

  await t.test(
    'a capacity that counts for nothing moves no price, however often it comes and goes',
    async (t) => {
      const before = await played.now()
      for (let turn = 0; turn < 3; turn++) {
        t.equal((await played.report(0)).tokensPerSecond, 0)
        await market.withdrawCapacity(played.id('driver'), played.model)
        await played.report(0)
        played.clock.advance(60_000)
        t.match(await market.sweep(), { capacitiesGone: 1 })
      }
      t.same(await played.now(), before)
    },
  )

  await t.test('the number of models has its limit', async (t) => {
    const operator = played.id('operator')
    const { clock, random } = played
    await using full = await openMarket(
      { database: await openAgain(), clock, random, log: silentLog },
      { operators: [operator], modelsMax: 1 },
    )
    await full.setModel(operator, { model: played.model, layerCount: 8 })
    const another = { model: 'test/other' as typeof played.model, layerCount: 8 }
    await t.rejects(full.setModel(operator, another), { code: 'MARKET_LIMIT' })
    t.equal((await full.prices()).length, 1)
  })
}
