import { SeededRandom } from '@shardline/core'
import type { Test } from 'tap'
import { inMarketTransaction, marketTables } from '../../src/database/transaction.ts'
import { MARKET_ACCOUNTS, legId } from '../../src/ids.ts'
import type { RequestId } from '../../src/ids.ts'
import { acknowledge } from '../../src/request/acknowledge.ts'
import { claim } from '../../src/request/claim.ts'
import { release } from '../../src/request/release.ts'
import { start } from '../../src/request/start.ts'
import type { Participants } from '../../src/request/request.ts'
import { completeRequest } from '../../src/request/complete-request.ts'
import { lockRequest } from '../../src/request/request-row.ts'
import { holdTransfer, placeHold } from '../../src/settlement/place-hold.ts'
import { settleRequest } from '../../src/settlement/settle-request.ts'
import { readPlan } from '../../src/settlement/settlement-plan.ts'
import { sweep } from '../../src/sweep/sweep.ts'
import { cutLedger } from '../support/cut-ledger.ts'
import { ASKED, DELIVERED, DEPOSIT } from '../support/played-market.ts'
import type { PartyName, PlayedMarket } from '../support/played-market.ts'

const AT_ONCE = 20
const ROUNDS = 25
const SERVERS: readonly PartyName[] = ['driver', 'rival', 'first', 'second', 'validator', 'solo']

/** What the market promises about money: once, whole, and from the request's own escrow. */
export async function settlementRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context } = market
  const user = market.id('user')
  const replica = await market.replica()
  await market.supply(1_000_000_000n)

  /** A request that ended and isn't settled yet. */
  const due = async (): Promise<RequestId> => {
    const id = await market.delivered()
    await inMarketTransaction(context, async (transaction) => {
      await transaction
        .updateTable('market.requests')
        .set({ acknowledged_prompt: DELIVERED.prompt, acknowledged_output: DELIVERED.output })
        .where('id', '=', id)
        .execute()
      await completeRequest(context, transaction, await lockRequest(transaction, id))
    })
    return id
  }
  /** Free credits of everyone, and the transfers of a request. */
  const state = async () => {
    const purses = await Promise.all(SERVERS.map((name) => market.purse(name)))
    const spent = await market.purse('user')
    const fees = await market.feeAccount()
    return { purses, spent, fees }
  }
  const transfersOf = async (id: RequestId) => {
    const query = { accountId: MARKET_ACCOUNTS.escrow, side: 'debit', userData: id } as const
    return (await context.ledger.transfers(query)).items
  }
  const checkPaid = async (t: Test, id: RequestId, before: Awaited<ReturnType<typeof state>>) => {
    const after = await state()
    const row = await market.row(id)
    const plan = readPlan(row.settlement_plan)!
    t.equal(row.settlement, 'done')
    for (const [index, name] of SERVERS.entries()) {
      const amount = plan.payouts.find(({ node }) => node === market.id(name))?.amount ?? 0n
      t.equal(after.purses[index]!.free - before.purses[index]!.free, amount, `${name} got its part once`)
    }
    t.equal(after.fees - before.fees, plan.fee, 'the fee was taken once')
    t.equal(after.spent.held, before.spent.held - row.hold, 'the hold is gone')
    t.equal(after.spent.free, before.spent.free + plan.refund, 'the rest went back')
    t.equal(plan.payouts.reduce((sum, { amount }) => sum + amount, plan.fee) + plan.refund, row.hold)
    t.equal((await transfersOf(id)).length, plan.payouts.length + (plan.fee > 0n ? 1 : 0))
  }

  await t.test('settling many times at once, in two processes, pays once', async (t) => {
    const id = await due()
    const before = await state()
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, i) => settleRequest(i % 2 === 0 ? context : replica, id)),
    )
    await checkPaid(t, id, before)
  })

  for (const [what, cut] of Object.entries({
    'before the accounts': { write: 0, isAfter: false },
    'after the accounts': { write: 0, isAfter: true },
    'before the transfers': { write: 1, isAfter: false },
    'after the transfers': { write: 1, isAfter: true },
  })) {
    await t.test(`a settlement cut off ${what} is carried on by the next sweep`, async (t) => {
      const id = await due()
      const before = await state()
      const dying = { ...context, ledger: cutLedger(context.ledger, cut) }
      await t.rejects(settleRequest(dying, id), /cut off/)
      t.equal((await market.row(id)).settlement, 'due')
      t.match(await sweep(replica), { settled: 1 })
      await checkPaid(t, id, before)
      t.match(await sweep(context), { settled: 0 })
      await checkPaid(t, id, before)
    })
  }

  await t.test('a refund that is cut off is carried on too', async (t) => {
    for (const isAfter of [false, true]) {
      const before = await market.purse('user')
      const id = await market.pending()
      const dying = { ...context, ledger: cutLedger(context.ledger, { write: 0, isAfter }) }
      for (let fence = 1; fence <= 3; fence++) {
        await claim(context, market.id('driver'), { id })
        await release(dying, market.id('driver'), { id, fence })
      }
      t.match(await market.row(id), { state: 'FAILED', settlement: 'due' })
      await sweep(context)
      t.match(await market.row(id), { state: 'FAILED', settlement: 'done' })
      t.same(await market.purse('user'), before)
    }
  })

  await t.test(
    'payouts, fee and refund are the hold, whatever was asked, delivered and acknowledged',
    async (t) => {
      const seed = Number(process.env['SEED'] ?? 41_011)
      t.comment(`SEED=${seed}`)
      const random = new SeededRandom(seed)
      const pipelines: readonly (readonly [PartyName, Participants])[] = [
        ['driver', market.pipeline],
        ['solo', { validator: market.id('solo'), workers: [], layerCount: 24 }],
        ['solo', { ...market.pipeline, validator: market.id('first') }],
        ['rival', { ...market.pipeline, workers: [{ node: market.id('rival'), first: 0, last: 23 }] }],
      ]
      for (let round = 0; round < ROUNDS; round++) {
        const asked = { prompt: 1 + random.integer(5_000_000), output: 1 + random.integer(500_000) }
        const part = (most: { readonly prompt: number; readonly output: number }) => ({
          prompt: random.integer(most.prompt + 1),
          output: random.integer(most.output + 1),
        })
        const [name, participants] = pipelines[round % pipelines.length]!
        const driver = market.id(name)
        const id = await market.pending({ driver, asked })
        const before = await state()
        await claim(context, driver, { id })
        await start(context, driver, { id, fence: 1, participants })
        const delivered = part(asked)
        const received = part(asked)
        await market.deliver(id, delivered)
        const { state: now } = await acknowledge(context, user, { id, received })
        if (now === 'DELIVERED') {
          market.clock.advance(context.settings.acknowledgeMsMax)
          await sweep(context)
        }
        await checkPaid(t, id, before)
        const plan = readPlan((await market.row(id)).settlement_plan)!
        t.equal(plan.promptTokens, Math.min(delivered.prompt, received.prompt))
        t.equal(plan.outputTokens, Math.min(delivered.output, received.output))
      }
    },
  )

  await t.test(
    'tokens of a lapsed claim are never billed, also when the user had acknowledged them',
    async (t) => {
      const driver = market.id('driver')
      const id = await market.running()
      await acknowledge(context, user, { id, received: { prompt: 900_000, output: 40_000 } })
      await release(context, driver, { id, fence: 1 })
      await claim(context, driver, { id })
      const solo = { validator: market.id('solo'), workers: [], layerCount: 24 }
      await start(context, driver, { id, fence: 2, participants: solo })
      await market.deliver(id)
      market.clock.advance(context.settings.acknowledgeMsMax)
      await sweep(context)
      t.match(await market.row(id), { state: 'FAILED', end_reason: 'nothing-acknowledged' })
      t.equal(readPlan((await market.row(id)).settlement_plan)?.billed, 0n)
    },
  )

  await t.test('a hold that a slow process still places can not lock anything up', async (t) => {
    const before = await market.purse('user')
    const id = await market.unheld()
    const row = await market.row(id)
    market.clock.advance(context.settings.quotedMsMax)
    t.match(await sweep(context), { lapsed: 1 })
    t.match(await market.row(id), { state: 'EXPIRED', end_reason: 'prompt-never-came', settlement: 'done' })
    await placeHold(replica, row)
    t.same(await market.purse('user'), before)
  })

  await t.test('a hold that could not be placed leaves nothing to settle', async (t) => {
    const before = await market.purse('user')
    const id = await market.unheld({ asked: { prompt: 1, output: 1 } })
    await marketTables(context)
      .updateTable('market.requests')
      .set({ hold: DEPOSIT * 2n })
      .where('id', '=', id)
      .execute()
    market.clock.advance(context.settings.quotedMsMax)
    await sweep(context)
    t.match(await market.row(id), { state: 'EXPIRED', settlement: 'done' })
    t.same(await market.purse('user'), before)
    const row = await market.row(id)
    t.equal(await placeHold(context, row), 'insufficient', 'and the same hold is refused for good')
  })

  await t.test(
    'a hold outlives the deadline, and what outlives the hold is refunded by the ledger',
    async (t) => {
      const before = await market.purse('user')
      const id = await market.pending()
      const { timeoutMs } = holdTransfer(context, await market.row(id))
      t.equal(timeoutMs, 300_000 + context.settings.holdGraceMs)
      market.clock.advance((timeoutMs ?? 0) + 1_000)
      await sweep(context)
      t.match(await market.row(id), { state: 'EXPIRED', settlement: 'done' })
      t.same(await market.purse('user'), before)
      const [hold] = await context.ledger.lookupTransfers([legId(id, 'hold')])
      t.equal(hold?.endedBy, 'expire')
    },
  )

  await t.test('without a fee all of the bill is paid out', async (t) => {
    const free = await market.replica({ feeBps: 0 })
    const fees = await market.feeAccount()
    const id = await market.delivered()
    const { settlement } = await acknowledge(free, user, { id, received: ASKED })
    t.match(settlement, { fee: 0n, isDone: true })
    t.equal(
      settlement?.payouts.reduce((sum, { amount }) => sum + amount, 0n),
      settlement?.billed,
    )
    t.equal(await market.feeAccount(), fees)
  })

  await t.test('a bill never exceeds what supply that shows itself would have cost', async (t) => {
    const lone = await market.pending()
    const price = BigInt((await market.row(lone)).locked_price)
    t.ok(price >= 100n * 10n ** 18n)
    const done = await market.completed()
    const plan = readPlan((await market.row(done)).settlement_plan)!
    t.ok(plan.billed <= (await market.row(done)).hold)
    t.equal(plan.price, '100', 'nobody else was served, so the base price is fair')
  })
}
