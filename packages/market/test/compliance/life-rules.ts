import type { Test } from 'tap'
import { derivedId } from '@shardline/ledger'
import { acknowledge } from '../../src/request/acknowledge.ts'
import { claim } from '../../src/request/claim.ts'
import { deliver } from '../../src/request/deliver.ts'
import { progress } from '../../src/request/progress.ts'
import { release } from '../../src/request/release.ts'
import { start } from '../../src/request/start.ts'
import { readReputation } from '../../src/reputation/read-reputation.ts'
import { marketTables } from '../../src/database/transaction.ts'
import { ASKED, DELIVERED } from '../support/played-market.ts'
import type { PartyName, PlayedMarket } from '../support/played-market.ts'

/** What the market promises about a request from the queue to its payment. */
export async function lifeRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context } = market
  const user = market.id('user')
  const driver = market.id('driver')

  await t.test('a request is claimed, run, delivered, acknowledged and paid', async (t) => {
    const names = ['driver', 'first', 'second', 'validator'] as const
    const before = await Promise.all(names.map((name) => market.purse(name)))
    const fees = await market.feeAccount()
    const id = await market.pending()
    t.match(await market.purse('user'), { held: 110n })
    const work = await claim(context, driver)
    t.match(work, { id, fence: 1, user, promptTokensMax: ASKED.prompt, lockedPrice: '100' })
    t.same(Buffer.from(work?.sealedPrompt ?? '', 'base64'), Buffer.from([1, 2, 3]))
    const started = await start(context, driver, { id, fence: 1, participants: market.pipeline })
    t.match(started, { state: 'RUNNING', participants: market.pipeline })
    await progress(context, driver, { id, fence: 1, delivered: { prompt: 900_000, output: 10 } })
    t.match(await acknowledge(context, user, { id, received: { prompt: 900_000, output: 10 } }), {
      state: 'RUNNING',
      acknowledged: { prompt: 900_000, output: 10 },
    })
    t.match(await market.deliver(id), { state: 'DELIVERED', delivered: DELIVERED })
    const done = await acknowledge(context, user, { id, received: DELIVERED })
    t.match(done, { state: 'COMPLETED', endReason: 'settled', settlement: { isDone: true } })
    const { billed, fee, refund, payouts } = done.settlement!
    t.equal(billed, 95n, 'tokens delivered at the locked price')
    t.equal(refund, 15n)
    t.equal(payouts.reduce((sum, { amount }) => sum + amount, fee) + refund, 110n)
    t.match(await market.purse('user'), { held: 0n })
    const after = await Promise.all(names.map((name) => market.purse(name)))
    const got = after.map(({ free }, index) => free - before[index]!.free)
    for (const [index, name] of names.entries()) {
      t.equal(got[index], payouts.find(({ node }) => node === market.id(name))?.amount, `${name} is paid`)
    }
    t.equal((await market.feeAccount()) - fees, fee)
    t.equal((await market.row(id)).settlement, 'done')
    const sealed = await marketTables(context)
      .selectFrom('market.sealed_prompts')
      .select('request')
      .where('request', '=', id)
      .execute()
    t.same(sealed, [], 'the ciphertext of an ended request is gone')
  })

  await t.test('everyone who took part has completed one more, each once', async (t) => {
    const parties: readonly PartyName[] = ['driver', 'first', 'second', 'validator', 'rival']
    const nodes = parties.map((name) => market.id(name))
    const counts = async () => {
      const found = await readReputation(marketTables(context), nodes)
      return nodes.map((node) => found.get(node)?.completed ?? -1)
    }
    const before = await counts()
    await market.completed()
    t.same(
      (await counts()).map((count, index) => count - before[index]!),
      [1, 1, 1, 1, 0],
    )
  })

  await t.test('what was acknowledged before the delivery completes a request at once', async (t) => {
    const id = await market.running()
    await acknowledge(context, user, { id, received: DELIVERED })
    t.match(await market.deliver(id), { state: 'COMPLETED', settlement: { isDone: true, billed: 95n } })
  })

  await t.test('without workers the driver gets their part, and one node can have all roles', async (t) => {
    const solo = market.id('solo')
    const participants = { validator: solo, workers: [], layerCount: 24 }
    const id = await market.running({ driver: solo }, participants)
    await acknowledge(context, user, { id, received: DELIVERED })
    const { settlement } = await market.deliver(id)
    t.same(settlement?.payouts, [{ node: solo, amount: 95n - settlement!.fee }])
    t.same(await market.purse('solo'), { free: 95n - settlement!.fee, held: 0n })
    const known = await readReputation(marketTables(context), [solo])
    t.equal(known.get(solo)?.completed, 1, 'three roles count once')
  })

  await t.test('one node in three roles with a range of its own is paid once, for all', async (t) => {
    const solo = market.id('solo')
    const before = await market.purse('solo')
    const participants = {
      validator: solo,
      workers: [{ node: solo, first: 0, last: 23 }],
      layerCount: 24,
    }
    const id = await market.running({ driver: solo }, participants)
    await acknowledge(context, user, { id, received: DELIVERED })
    const { settlement } = await market.deliver(id)
    t.same(settlement?.payouts, [{ node: solo, amount: 95n - settlement!.fee }])
    t.equal((await market.purse('solo')).free - before.free, settlement?.payouts[0]?.amount)
  })

  await t.test('what is sent again after a lost answer has no second effect', async (t) => {
    const id = await market.pending()
    const key = derivedId('life/claim')
    const work = await claim(context, driver, { id, key })
    t.same(await claim(context, driver, { id, key }), work, 'claim by id')
    t.same(await claim(context, driver, { key }), work, 'claim of the first in line')
    await t.rejects(claim(context, driver, { id }), { code: 'MARKET_REQUEST_STATE' }, 'without its key')
    const started = await start(context, driver, { id, fence: 1, participants: market.pipeline })
    t.same(await start(context, driver, { id, fence: 1, participants: market.pipeline }), started)
    t.match(await claim(context, driver, { id, key }), { fence: 1 }, 'a running one too')
    const delivered = await market.deliver(id)
    t.same(await market.deliver(id), delivered)
    const received = { id, received: DELIVERED }
    const done = await acknowledge(context, user, received)
    const everything = await market.everything()
    t.same(await acknowledge(context, user, received), done)
    t.same(await acknowledge(context, user, { id, received: { prompt: 1, output: 1 } }), done)
    t.match(await market.deliver(id), { state: 'COMPLETED' })
    t.equal(await market.everything(), everything)
  })

  await t.test('while a request runs, a lost worker is replaced by another', async (t) => {
    const id = await market.running()
    const before = await market.receipts(id)
    const alone = { ...market.pipeline, workers: [{ node: market.id('first'), first: 0, last: 23 }] }
    const replaced = await start(context, driver, { id, fence: 1, participants: alone })
    t.match(replaced, { state: 'RUNNING', fence: 1, participants: alone })
    const gap = { ...alone, workers: [{ node: market.id('first'), first: 0, last: 22 }] }
    const attempt = start(context, driver, { id, fence: 1, participants: gap })
    await t.rejects(attempt, { code: 'MARKET_PARTICIPANTS_INVALID' })
    const stale = deliver(context, driver, { id, fence: 1, delivered: DELIVERED, receipts: before })
    await t.rejects(stale, { code: 'MARKET_RECEIPTS_REFUSED' }, 'receipts of who was replaced')
    await acknowledge(context, user, { id, received: DELIVERED })
    const { settlement } = await market.deliver(id)
    const paid = settlement?.payouts.map(({ node }) => node)
    t.ok(paid?.includes(market.id('first')))
    t.notOk(paid?.includes(market.id('second')), 'who was replaced is not paid')
  })

  await t.test(
    'a claim that is given back waits again at its locked price, with nothing counted',
    async (t) => {
      const id = await market.running()
      await progress(context, driver, { id, fence: 1, delivered: { prompt: 5, output: 5 } })
      await acknowledge(context, user, { id, received: { prompt: 5, output: 5 } })
      const { locked_price: price } = await market.row(id)
      const released = await release(context, driver, { id, fence: 1 })
      t.match(released, { state: 'PENDING', fence: 1, attempts: 1, leaseUntilMs: undefined })
      t.match(released, { delivered: { prompt: 0, output: 0 }, acknowledged: { prompt: 0, output: 0 } })
      t.equal(released.participants, undefined)
      t.same(await release(context, driver, { id, fence: 1 }), released, 'again: the same')
      t.equal((await market.row(id)).locked_price, price)
      t.match(await claim(context, driver, { id }), { fence: 2 })
      await start(context, driver, { id, fence: 2, participants: market.pipeline })
      await t.rejects(acknowledge(context, user, { id, received: DELIVERED, fence: 1 }), {
        code: 'MARKET_FENCE_STALE',
      })
      await acknowledge(context, user, { id, received: DELIVERED, fence: 2 })
      t.match(await market.deliver(id), { state: 'COMPLETED' })
    },
  )

  await t.test(
    'a claim given back for the last time fails the request with everything refunded',
    async (t) => {
      const before = await market.purse('user')
      const id = await market.pending()
      for (let fence = 1; fence <= 3; fence++) {
        await claim(context, driver, { id })
        const row = await release(context, driver, { id, fence })
        if (fence === 3) {
          t.match(row, { state: 'FAILED', endReason: 'attempts-used-up', settlement: { billed: 0n } })
          t.same(await release(context, driver, { id, fence }), row)
        }
      }
      t.same(await market.purse('user'), before)
      t.equal((await readReputation(marketTables(context), [driver])).get(driver)?.failed, 1)
    },
  )

  await t.test('the first in line is the highest priority, then the oldest', async (t) => {
    const rival = market.id('rival')
    const later = await market.pending({ driver: rival })
    market.clock.advance(1)
    const latest = await market.pending({ driver: rival })
    const first = await market.pending({ driver: rival, priority: 5 })
    const order = []
    for (let i = 0; i < 4; i++) order.push((await claim(context, rival))?.id)
    t.same(order, [first, later, latest, undefined])
    t.equal(await claim(context, rival, { models: ['other/model' as never] }), undefined)
    t.equal(await claim(context, rival, { models: [] }), undefined)
    for (const id of [first, later, latest]) await release(context, rival, { id, fence: 1 })
    t.equal((await claim(context, rival, { models: [market.model] }))?.id, first)
  })

  await t.test('counts grow, and stay within what was asked for', async (t) => {
    const id = await market.running()
    const report = (prompt: number, output: number) =>
      progress(context, driver, { id, fence: 1, delivered: { prompt, output } })
    await report(10, 10)
    for (const [prompt, output] of [
      [9, 10],
      [10, 9],
      [10, ASKED.output + 1],
      [ASKED.prompt + 1, 10],
      [10.5, 10],
      [10, Number.NaN],
      [-1, 10],
    ] as const) {
      await t.rejects(report(prompt, output), { code: 'MARKET_INPUT_INVALID' })
    }
    for (const received of [
      { prompt: 0, output: ASKED.output + 1 },
      { prompt: -1, output: 0 },
      { prompt: 0.5, output: 0 },
    ]) {
      await t.rejects(acknowledge(context, user, { id, received }), { code: 'MARKET_INPUT_INVALID' })
    }
    t.match(await market.row(id), { delivered_prompt: 10, delivered_output: 10, acknowledged_output: 0 })
  })

  await t.test('what is proven is delivered, also if it is less than was reported', async (t) => {
    const id = await market.running()
    await progress(context, driver, { id, fence: 1, delivered: { prompt: 900_000, output: 50_000 } })
    await acknowledge(context, user, { id, received: { prompt: 900_000, output: 50_000 } })
    const proven = { prompt: 900_000, output: 40_000 }
    t.match(await market.deliver(id, proven), {
      state: 'COMPLETED',
      delivered: proven,
      settlement: { isDone: true, billed: 94n },
    })
    const more = market.deliver(await market.running(), { prompt: 900_000, output: ASKED.output + 1 })
    await t.rejects(more, { code: 'MARKET_INPUT_INVALID' }, 'more than was asked for is not')
  })

  await t.test('progress renews the lease', async (t) => {
    const id = await market.running()
    market.clock.advance(30_000)
    const { leaseUntilMs } = await progress(context, driver, {
      id,
      fence: 1,
      delivered: { prompt: 0, output: 1 },
    })
    t.equal(leaseUntilMs, market.clock.now() + context.settings.claimLeaseMs)
  })
}
