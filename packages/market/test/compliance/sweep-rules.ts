import type { Test } from 'tap'
import { marketTables } from '../../src/database/transaction.ts'
import type { RequestId } from '../../src/ids.ts'
import { acknowledge } from '../../src/request/acknowledge.ts'
import { claim } from '../../src/request/claim.ts'
import { deliver } from '../../src/request/deliver.ts'
import { progress } from '../../src/request/progress.ts'
import { start } from '../../src/request/start.ts'
import { readReputation } from '../../src/reputation/read-reputation.ts'
import { sweep } from '../../src/sweep/sweep.ts'
import { DELIVERED } from '../support/played-market.ts'
import type { PlayedMarket } from '../support/played-market.ts'

const AT_ONCE = 12

/** What the market promises when nobody does anything: time does it, once, however many processes watch the clock. */
export async function sweepRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context, clock } = market
  const { settings } = context
  const user = market.id('user')
  const driver = market.id('driver')
  const replica = await market.replica()
  const failed = async () => (await readReputation(marketTables(context), [driver])).get(driver)?.failed ?? 0
  const demand = async () =>
    (
      await marketTables(context)
        .selectFrom('market.models')
        .select('demand_tokens')
        .executeTakeFirstOrThrow()
    ).demand_tokens
  await market.supply(1_000_000_000n)

  await t.test('nothing is due in a quiet market', async (t) => {
    const everything = await market.everything()
    t.same(await sweep(context), {
      lapsed: 0,
      requeued: 0,
      failed: 0,
      expired: 0,
      settled: 0,
      capacitiesGone: 0,
    })
    t.equal(await market.everything(), everything)
  })

  await t.test('a request that nobody claims expires at its deadline, refunded', async (t) => {
    const before = await market.purse('user')
    const id = await market.pending({ maxTimeMs: 50_000 })
    clock.advance(49_999)
    t.match(await sweep(context), { expired: 0 })
    clock.advance(1)
    await t.rejects(claim(context, driver, { id }), { code: 'MARKET_REQUEST_STATE' })
    t.equal(await claim(context, driver), undefined, 'what is late is handed out no more')
    t.match(await sweep(context), { expired: 1, settled: 1 })
    t.match(await market.row(id), { state: 'EXPIRED', end_reason: 'nobody-claimed' })
    t.same(await market.purse('user'), before)
    t.equal(await demand(), 0n)
  })

  await t.test('a request whose prompt never comes lapses, refunded', async (t) => {
    const before = await market.purse('user')
    const id = await market.quoted()
    clock.advance(settings.quotedMsMax)
    t.match(await sweep(context), { lapsed: 1, settled: 1 })
    t.match(await market.row(id), { state: 'EXPIRED', end_reason: 'prompt-never-came' })
    t.same(await market.purse('user'), before)
  })

  await t.test('a silent driver loses its claim; after the last attempt the request fails', async (t) => {
    const marks = await failed()
    const before = await market.purse('user')
    const id = await market.running()
    const { locked_price: price } = await market.row(id)
    for (let fence = 1; fence <= 3; fence++) {
      if (fence > 1) await claim(context, driver, { id })
      clock.advance(settings.claimLeaseMs)
      t.match(await sweep(context), fence < 3 ? { requeued: 1, failed: 0 } : { requeued: 0, failed: 1 })
      t.equal((await market.row(id)).locked_price, price)
    }
    t.match(await market.row(id), { state: 'FAILED', end_reason: 'attempts-used-up', settlement: 'done' })
    t.same(await market.purse('user'), before)
    t.equal(await failed(), marks + 1)
    t.equal(await demand(), 0n)
  })

  await t.test(
    'a driver that reports progress keeps its claim until the deadline, and no longer',
    async (t) => {
      const marks = await failed()
      const id = await market.running({ maxTimeMs: 150_000 })
      for (let i = 1; i <= 2; i++) {
        clock.advance(settings.claimLeaseMs - 1)
        await progress(context, driver, { id, fence: 1, delivered: { prompt: 0, output: i } })
        t.match(await sweep(context), { requeued: 0, failed: 0 })
      }
      clock.advance(150_000 - 2 * (settings.claimLeaseMs - 1))
      await t.rejects(market.deliver(id), { code: 'MARKET_REQUEST_STATE' }, 'what is late is not taken')
      t.match(await sweep(context), { failed: 1 })
      t.match(await market.row(id), { state: 'FAILED', end_reason: 'deadline-passed' })
      t.equal(await failed(), marks + 1)
    },
  )

  await t.test('a request whose last receipts were refused fails for that', async (t) => {
    const id = await market.running({ maxTimeMs: 50_000 })
    await t.rejects(deliver(context, driver, { id, fence: 1, delivered: DELIVERED, receipts: [] }))
    clock.advance(50_000)
    await sweep(context)
    t.match(await market.row(id), { state: 'FAILED', end_reason: 'proof-rejected' })
  })

  await t.test(
    'a delivered request is billed by what was acknowledged when the time for it is over',
    async (t) => {
      const id = await market.delivered()
      await acknowledge(context, user, { id, received: { prompt: 900_000, output: 20_000 } })
      clock.advance(settings.acknowledgeMsMax)
      t.match(await sweep(context), { settled: 1 })
      const row = await market.row(id)
      t.match(row, {
        state: 'COMPLETED',
        settlement_plan: { promptTokens: 900_000, outputTokens: 20_000, billed: '92' },
      })
    },
  )

  await t.test('of what nobody acknowledged nothing is billed, and nobody gets a mark', async (t) => {
    const before = await market.purse('user')
    const known = await readReputation(marketTables(context), [driver, market.id('first')])
    const id = await market.delivered()
    clock.advance(settings.acknowledgeMsMax)
    await sweep(context)
    t.match(await market.row(id), { state: 'FAILED', end_reason: 'nothing-acknowledged', settlement: 'done' })
    t.same(await market.purse('user'), before)
    t.same(await readReputation(marketTables(context), [driver, market.id('first')]), known)
  })

  await t.test('two processes that sweep at once do everything once', async (t) => {
    const ids: RequestId[] = []
    for (let i = 0; i < AT_ONCE; i++) {
      ids.push(await market.running({ maxTimeMs: 3_600_000 }), await market.pending({ maxTimeMs: 60_000 }))
    }
    clock.advance(60_000)
    const [one, other] = await Promise.all([sweep(context), sweep(replica)])
    t.equal(one.requeued + other.requeued, AT_ONCE)
    t.equal(one.expired + other.expired, AT_ONCE)
    const rows = await marketTables(context)
      .selectFrom('market.requests')
      .select(['state', 'attempts', 'settlement'])
      .where('id', 'in', ids)
      .execute()
    t.equal(rows.filter(({ state, attempts }) => state === 'PENDING' && attempts === 1).length, AT_ONCE)
    t.equal(
      rows.filter(({ state, settlement }) => state === 'EXPIRED' && settlement === 'done').length,
      AT_ONCE,
    )
    t.equal(await demand(), BigInt(AT_ONCE * 100_000))
    clock.advance(3_600_000)
    await sweep(context)
    t.equal(await demand(), 0n)
  })

  await t.test('a round takes up no more than its batch, and the next one goes on', async (t) => {
    const small = await market.replica({ sweepBatchMax: 2 })
    for (let i = 0; i < 5; i++) await market.quoted()
    clock.advance(settings.quotedMsMax)
    const rounds = [await sweep(small), await sweep(small), await sweep(small), await sweep(small)]
    t.same(
      rounds.map(({ lapsed }) => lapsed),
      [2, 2, 1, 0],
    )
  })

  await t.test('a request that can not be swept keeps no other one waiting', async (t) => {
    const broken = await market.delivered()
    const fine = await market.delivered()
    await marketTables(context)
      .updateTable('market.requests')
      .set({ participants: null, acknowledged_prompt: 1 })
      .where('id', '=', broken)
      .execute()
    const lines: unknown[] = []
    const log = { ...context.log, error: (event: string, fields?: object) => lines.push([event, fields]) }
    await acknowledge(context, user, { id: fine, received: { prompt: 900_000, output: 0 } })
    clock.advance(settings.acknowledgeMsMax)
    await sweep({ ...context, log })
    t.match(await market.row(fine), { state: 'COMPLETED' })
    t.match(await market.row(broken), { state: 'DELIVERED' })
    t.match(lines, [['sweep-failed', { sweep: 'complete-unacknowledged', request: broken }]])
    await marketTables(context)
      .updateTable('market.requests')
      .set({ acknowledged_prompt: 0 })
      .where('id', '=', broken)
      .execute()
    await sweep(context)
  })

  await t.test('a capacity that is not reported again is withdrawn and moves the price, once', async (t) => {
    const tables = marketTables(context)
    await tables.deleteFrom('market.capacities').execute()
    await market.supply(5_000n, 60_000)
    const points = async () =>
      (
        await tables
          .selectFrom('market.price_points')
          .select(['seq', 'cause', 'supply_mtps'])
          .orderBy('seq', 'desc')
          .limit(1)
          .execute()
      )[0]
    const before = await points()
    clock.advance(59_999)
    t.match(await sweep(context), { capacitiesGone: 0 })
    clock.advance(1)
    const [one, other] = await Promise.all([sweep(context), sweep(replica)])
    t.equal(one.capacitiesGone + other.capacitiesGone, 1)
    t.match(await points(), { seq: before!.seq + 1n, cause: 'capacity-withdrawn', supply_mtps: 0n })
    t.same(await tables.selectFrom('market.capacities').selectAll().execute(), [])
  })

  await t.test('nonces are kept through their window and forgotten after it', async (t) => {
    const tables = marketTables(context)
    const now = BigInt(clock.now())
    await tables
      .insertInto('market.nonces')
      .values([
        { signer: 'a', nonce: 'x', until_ms: now },
        { signer: 'a', nonce: 'y', until_ms: now - 1n },
      ])
      .execute()
    await sweep(context)
    t.same(await tables.selectFrom('market.nonces').select('nonce').execute(), [{ nonce: 'x' }])
  })

  await t.test('an attempt after a lapse starts from nothing under a new fence', async (t) => {
    await market.supply(1_000_000_000n)
    const id = await market.running()
    await progress(context, driver, { id, fence: 1, delivered: DELIVERED })
    clock.advance(settings.claimLeaseMs)
    await sweep(context)
    t.match(await claim(context, driver, { id }), { fence: 2 })
    await start(context, driver, { id, fence: 2, participants: market.pipeline })
    t.match(await progress(context, driver, { id, fence: 2, delivered: { prompt: 1, output: 0 } }), {
      delivered: { prompt: 1, output: 0 },
    })
  })

  await t.test('after an outage every lease lasts a while, so that drivers can renew it', async (t) => {
    const id = await market.running()
    clock.advance(settings.claimLeaseMs)
    const resumedAtMs = clock.now()
    t.match(await sweep(context, { resumedAtMs }), { requeued: 0 })
    clock.advance(settings.outageGraceMs - 1)
    t.match(await sweep(context, { resumedAtMs }), { requeued: 0 })
    t.match(await market.row(id), { state: 'RUNNING' })
    clock.advance(1)
    await sweep(context, { resumedAtMs })
    t.match(await market.row(id), { state: 'PENDING' })
  })

  await t.test('after an outage users have their whole time to acknowledge what was delivered', async (t) => {
    const id = await market.delivered()
    await acknowledge(context, user, { id, received: { prompt: DELIVERED.prompt, output: 1 } })
    clock.advance(3 * settings.acknowledgeMsMax)
    const resumedAtMs = clock.now()
    await sweep(context, { resumedAtMs })
    clock.advance(settings.acknowledgeMsMax - 1)
    await sweep(context, { resumedAtMs })
    t.match(await market.row(id), { state: 'DELIVERED' })
    await acknowledge(context, user, { id, received: DELIVERED })
    t.match(await market.row(id), {
      state: 'COMPLETED',
      settlement_plan: { promptTokens: DELIVERED.prompt, outputTokens: DELIVERED.output },
    })
    const silent = await market.delivered()
    await acknowledge(context, user, { id: silent, received: { prompt: DELIVERED.prompt, output: 1 } })
    clock.advance(settings.acknowledgeMsMax)
    await sweep(context, { resumedAtMs })
    t.match(await market.row(silent), { state: 'COMPLETED', settlement_plan: { outputTokens: 1 } })
  })
}
