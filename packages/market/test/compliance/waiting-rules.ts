import type { RequestId } from '@shardline/market'
import type { Test } from 'tap'
import { SEALED, openPlayed } from '../support/open-played.ts'
import type { OpenAgain } from '../support/played-market.ts'

/** What the market promises about submitting, moving and taking back a request. */
export async function waitingRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const settings = { sealedPromptBytesMax: 1_000, pageItemsMax: 10 }
  const played = await openPlayed(openAgain, { settings })
  const { market, clock } = played
  const [user, driver, rival, stranger] = [
    played.id('user'),
    played.id('driver'),
    played.id('rival'),
    played.id('stranger'),
  ]
  const nowhere = '00000000-0000-4000-8000-000000000000' as RequestId

  await t.test('a prompt is submitted once; again with the same bytes is the same', async (t) => {
    const { id } = await played.open()
    const submitted = await market.submit(user, { id, sealedPrompt: SEALED })
    t.match(submitted, { state: 'PENDING' })
    const { seq } = await played.now()
    t.same(await market.submit(user, { id, sealedPrompt: SEALED }), submitted)
    t.equal((await played.now()).seq, seq)
    const other = market.submit(user, { id, sealedPrompt: 'BBBB' })
    await t.rejects(other, { code: 'MARKET_REQUEST_EXISTS', details: { field: 'sealed prompt' } })
    const work = await market.claim(driver, { id })
    t.equal(work?.sealedPrompt, SEALED)
    t.match(await market.submit(user, { id, sealedPrompt: SEALED }), { state: 'CLAIMED' })
  })

  await t.test('what is no sealed prompt is refused, and so is who may not', async (t) => {
    const { id } = await played.open()
    const everything = await played.everything()
    for (const sealedPrompt of ['', 'AAA', 'AA A', 'AAB=', 'Zwölf', '====']) {
      await t.rejects(
        market.submit(user, { id, sealedPrompt }),
        { code: 'MARKET_INPUT_INVALID' },
        sealedPrompt,
      )
    }
    const long = Buffer.alloc(1_001).toString('base64')
    await t.rejects(market.submit(user, { id, sealedPrompt: long }), { code: 'MARKET_LIMIT' })
    await t.rejects(market.submit(driver, { id, sealedPrompt: SEALED }), { code: 'MARKET_FORBIDDEN' })
    await t.rejects(market.submit(user, { id: nowhere, sealedPrompt: SEALED }), { code: 'MARKET_NOT_FOUND' })
    await t.rejects(market.cancel(stranger, id), { code: 'MARKET_FORBIDDEN' })
    await t.rejects(market.cancel(user, nowhere), { code: 'MARKET_NOT_FOUND' })
    t.equal(await played.everything(), everything)
    clock.advance(300_000)
    await t.rejects(
      market.submit(user, { id, sealedPrompt: SEALED }),
      { code: 'MARKET_REQUEST_STATE' },
      'too late',
    )
  })

  await t.test(
    'taking back costs a tenth, rounded up, once it was submitted; before that nothing',
    async (t) => {
      const asked = { promptTokensMax: 1_000_000, outputTokensMax: 40_001 }
      const before = await market.balance(user)
      const opened = await played.open(asked)
      t.match(await market.cancel(user, opened.id), {
        state: 'CANCELLED',
        settlement: { isDone: true, billed: 0n, fee: 0n, refund: opened.hold },
      })
      t.same(await market.balance(user), before)
      const { id, hold } = await played.submitted(asked)
      const fee = (hold + 9n) / 10n
      const cancelled = await market.cancel(user, id)
      t.match(cancelled, {
        state: 'CANCELLED',
        endReason: 'cancelled-by-user',
        settlement: { isDone: true, billed: fee, fee, refund: hold - fee, payouts: [] },
      })
      const after = await market.balance(user)
      t.same([before.available - after.available, after.held], [fee, before.held])
      t.same(await market.cancel(user, id), cancelled, 'again is the same')
      t.same(await market.balance(user), after)
      t.match(await market.stats(), { settlementsDue: 0 }, 'and nothing is left to do')
    },
  )

  await t.test('past its deadline taking back is free, as it would have expired', async (t) => {
    const before = await market.balance(user)
    const { id } = await played.submitted({ maxTimeMs: 1_000 })
    clock.advance(1_000)
    t.match(await market.cancel(user, id), { settlement: { fee: 0n, billed: 0n } })
    t.same(await market.balance(user), before)
  })

  await t.test('a claimed request can be neither taken back nor moved', async (t) => {
    const { id } = await played.submitted()
    await market.claim(driver, { id })
    await t.rejects(market.cancel(user, id), { code: 'MARKET_REQUEST_STATE', details: { state: 'CLAIMED' } })
    const moving = market.reassign(user, { id, driver: rival, sealedPrompt: 'BBBB' })
    await t.rejects(moving, { code: 'MARKET_REQUEST_STATE' })
  })

  await t.test(
    'a waiting request moves to another driver at its price, and only that one gets it',
    async (t) => {
      const { id, lockedPrice } = await played.submitted({ filters: { drivers: [driver, rival] } })
      const init = { id, driver: rival, sealedPrompt: 'BBBB' }
      const moved = await market.reassign(user, init)
      t.match(moved, { driver: rival, state: 'PENDING', lockedPrice })
      t.same(await market.reassign(user, init), moved)
      await t.rejects(market.claim(driver, { id }), { code: 'MARKET_FORBIDDEN' })
      const work = await market.claim(rival, { id })
      t.equal(work?.sealedPrompt, 'BBBB')
      t.match(
        await market.reassign(user, init),
        { driver: rival, state: 'CLAIMED' },
        'asked again after a lost answer',
      )
    },
  )

  await t.test('moving is for its user, to a driver that the filters allow', async (t) => {
    const { id } = await played.submitted({ filters: { drivers: [driver] } })
    const everything = await played.everything()
    const init = { id, driver: rival, sealedPrompt: 'BBBB' }
    await t.rejects(market.reassign(user, init), {
      code: 'MARKET_FILTER_UNMET',
      details: { because: 'drivers' },
    })
    await t.rejects(market.reassign(rival, init), { code: 'MARKET_FORBIDDEN' })
    await t.rejects(market.reassign(user, { ...init, driver: stranger }), { code: 'MARKET_NOT_FOUND' })
    await t.rejects(market.reassign(user, { ...init, sealedPrompt: '' }), { code: 'MARKET_INPUT_INVALID' })
    t.equal(await played.everything(), everything)
  })

  await t.test(
    'a request that was locked without supply and moved to a driver that came later is paid',
    async (t) => {
      t.equal((await played.now()).supply, '0')
      const delivered = { prompt: 1_000, output: 1_000 }
      const asked = { promptTokensMax: 1_000, outputTokensMax: 1_000 }
      const { id, hold } = await played.submitted(asked)
      await played.report(50, { by: 'rival' })
      await market.reassign(user, { id, driver: rival, sealedPrompt: SEALED })
      await played.deliver(id, delivered, { by: 'rival' })
      const done = await market.acknowledge(user, { id, received: delivered })
      t.match(done, { state: 'COMPLETED', settlement: { isDone: true } })
      const { billed = 0n, refund = 0n } = done.settlement ?? {}
      t.ok(billed > 0n && billed + refund === hold)
    },
  )

  await t.test('a request is there for its parties only', async (t) => {
    const { id } = await played.submitted()
    t.match(await market.request(user, id), { id })
    t.match(await market.request(driver, id), { id })
    for (const who of [stranger, rival])
      await t.rejects(market.request(who, id), { code: 'MARKET_NOT_FOUND' })
    await t.rejects(market.request(user, nowhere), { code: 'MARKET_NOT_FOUND' })
  })

  await t.test('own requests come in pages, newest first, each once', async (t) => {
    // Some at the same time, so that their order is not by time alone.
    const openings = Array.from({ length: 5 }, () => played.opening())
    for (const init of openings) await market.open(user, init)
    const own = await market.requests(user)
    t.equal(own.length, 10)
    const times = own.map(({ createdAtMs }) => createdAtMs)
    t.same(
      times,
      times.toSorted((a, b) => b - a),
    )
    const seen = new Set<string>()
    for (let before: RequestId | undefined; ;) {
      const page = await market.requests(user, { limit: 3, ...(before === undefined ? {} : { before }) })
      for (const { id, user: of } of page) {
        t.equal(of, user)
        t.notOk(seen.has(id))
        seen.add(id)
      }
      before = page.at(-1)?.id
      if (before === undefined) break
    }
    t.ok(seen.size > 10, `${seen.size} requests`)
    t.same(await market.requests(stranger), [])
    const foreign = market.requests(stranger, { before: own[0]?.id ?? nowhere })
    await t.rejects(foreign, { code: 'MARKET_NOT_FOUND' })
    for (const limit of [0, 11, 1.5]) {
      await t.rejects(market.requests(user, { limit }), { code: 'MARKET_INPUT_INVALID' })
    }
  })
}
