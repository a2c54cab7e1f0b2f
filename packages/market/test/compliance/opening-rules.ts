import type { OpenInit } from '@shardline/market'
import type { Test } from 'tap'
import { SEALED, openPlayed } from '../support/open-played.ts'
import type { OpenAgain } from '../support/played-market.ts'

/** What the market promises about opening a request. */
export async function openingRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const played = await openPlayed(openAgain, { settings: { openRequestsPerUserMax: 40 } })
  const { market, model } = played
  const [user, driver, stranger] = [played.id('user'), played.id('driver'), played.id('stranger')]
  await played.report(50)

  await t.test('it locks the price, holds the escrow and waits for the prompt', async (t) => {
    const before = await market.balance(user)
    const asked = { promptTokensMax: 1_000_000, outputTokensMax: 1_000_000, priority: 3, maxTimeMs: 5_000 }
    const opened = await played.open(asked)
    t.match(opened, {
      state: 'QUOTED',
      model,
      user,
      driver,
      lockedPrice: '100',
      hold: 200n,
      fence: 0,
      attempts: 0,
    })
    t.equal(opened.deadlineMs - opened.createdAtMs, 5_000)
    const after = await market.balance(user)
    t.same([before.available - after.available, after.held - before.held], [200n, 200n])
    await market.cancel(user, opened.id)
  })

  await t.test('sent again it gives the same request, with one hold', async (t) => {
    const init = played.opening({ filters: { region: 'de', drivers: [driver] }, priority: 1 })
    await market.registerNode(driver, { roles: ['driver', 'worker', 'validator'], region: 'de' })
    const first = await market.open(user, init)
    const { held } = await market.balance(user)
    // The same filters, written in another order.
    const again = { ...init, filters: { drivers: [driver], region: 'de' } }
    t.same(await market.open(user, again), first)
    await market.submit(user, { id: init.id, sealedPrompt: SEALED })
    t.match(await market.open(user, init), { id: init.id, state: 'PENDING', lockedPrice: first.lockedPrice })
    t.equal((await market.balance(user)).held, held)
    await market.cancel(user, init.id)
    t.match(await market.open(user, init), { state: 'CANCELLED' }, 'also when it has ended')
  })

  await t.test('sent many times at once it is one request with one hold', async (t) => {
    const { held } = await market.balance(user)
    const init = played.opening({ outputTokensMax: 1_000_000 })
    const opened = await Promise.all(Array.from({ length: 12 }, () => market.open(user, init)))
    for (const request of opened) t.same({ ...request }, { ...opened[0] })
    t.equal((await market.balance(user)).held - held, opened[0]?.hold)
    await market.cancel(user, init.id)
  })

  await t.test('an id that was used for something else is refused, and the field named', async (t) => {
    const init = played.opening({ promptTokensMax: 7 })
    await market.open(user, init)
    await market.setModel(played.id('operator'), { model: 'test/second' as typeof model, layerCount: 8 })
    const others: readonly (readonly [string, Partial<OpenInit>])[] = [
      ['model', { model: 'test/second' as typeof model }],
      ['driver', { driver: played.id('rival') }],
      ['prompt tokens', { promptTokensMax: 8 }],
      ['output tokens', { outputTokensMax: 2 }],
      ['priority', { priority: 1 }],
      ['max time', { maxTimeMs: 1_000 }],
      ['filters', { filters: { completedMin: 0 } }],
      ['prompt commitment', { promptCommitment: 'ab'.repeat(32) }],
    ]
    const everything = await played.everything()
    for (const [field, other] of others) {
      const attempt = market.open(user, { ...init, ...other })
      await t.rejects(attempt, { code: 'MARKET_REQUEST_EXISTS', details: { field } }, field)
    }
    await t.rejects(market.open(stranger, init), {
      code: 'MARKET_REQUEST_EXISTS',
      details: { field: 'user' },
    })
    t.equal(await played.everything(), everything)
    await market.cancel(user, init.id)
  })

  await t.test('a price above the bound is refused with the price, one at the bound is not', async (t) => {
    const price = (await played.now()).price
    const everything = await played.everything()
    for (const bound of [{ maxPrice: '99.9' }, { filters: { maxPrice: '0.000001' } }]) {
      await t.rejects(played.open(bound), {
        code: 'MARKET_PRICE_ABOVE_MAX',
        retryable: true,
        details: { price },
      })
    }
    await t.rejects(played.open({ maxPrice: 'much' }), { code: 'MARKET_INPUT_INVALID' })
    t.equal(await played.everything(), everything)
    const { id } = await played.open({ maxPrice: price })
    await market.cancel(user, id)
  })

  await t.test('a driver that the filters exclude, or that is none, is refused', async (t) => {
    const everything = await played.everything()
    for (const [because, filters] of Object.entries({
      region: { region: 'fr' },
      drivers: { drivers: [played.id('rival')] },
      completedMin: { completedMin: 1 },
      maxTimeMs: { maxTimeMs: 1 },
      quantization: { quantization: 'q8' },
    })) {
      await t.rejects(played.open({ filters }), {
        code: 'MARKET_FILTER_UNMET',
        details: { because, node: driver },
      })
    }
    const rival = { driver: played.id('rival') }
    await t.rejects(played.open({ ...rival, filters: { numericClass: 'test' } }), {
      code: 'MARKET_FILTER_UNMET',
    })
    await t.rejects(played.open({ driver: stranger }), { code: 'MARKET_NOT_FOUND' })
    await t.rejects(played.open({ model: 'nobody/knows' as typeof model }), { code: 'MARKET_NOT_FOUND' })
    t.equal(await played.everything(), everything)
    const { id } = await played.open({ filters: { region: 'de', quantization: 'q4', numericClass: 'test' } })
    await market.cancel(user, id)
  })

  await t.test('what is no opening is refused', async (t) => {
    const everything = await played.everything()
    const wrong: readonly Partial<OpenInit>[] = [
      { promptTokensMax: 0 },
      { outputTokensMax: 1.5 },
      { outputTokensMax: 1_048_577 },
      { promptTokensMax: Number.NaN },
      { priority: 10 },
      { priority: -1 },
      { maxTimeMs: 3_600_001 },
      { maxTimeMs: 0 },
      { promptCommitment: 'ab' },
    ]
    for (const init of wrong) {
      await t.rejects(played.open(init), { code: 'MARKET_INPUT_INVALID' }, JSON.stringify(init))
    }
    t.equal(await played.everything(), everything)
  })

  await t.test('a user has so many open requests, however many it opens at once', async (t) => {
    const attempts = await Promise.allSettled(Array.from({ length: 50 }, () => played.open()))
    const opened = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    const refused = attempts.filter(({ status }) => status === 'rejected')
    t.equal(opened.length, 40)
    t.match(
      refused,
      Array.from({ length: 10 }, () => ({ reason: { code: 'MARKET_LIMIT' } })),
    )
    for (const { id } of opened) await market.cancel(user, id)
    t.match(await played.open(), { state: 'QUOTED' }, 'and again when they have ended')
  })
}
