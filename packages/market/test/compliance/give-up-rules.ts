import type { Test } from 'tap'
import { marketTables } from '../../src/database/transaction.ts'
import { readReputation } from '../../src/reputation/read-reputation.ts'
import { acknowledge } from '../../src/request/acknowledge.ts'
import { cancel } from '../../src/request/cancel.ts'
import { claim } from '../../src/request/claim.ts'
import { deliver } from '../../src/request/deliver.ts'
import { giveUp } from '../../src/request/give-up.ts'
import { progress } from '../../src/request/progress.ts'
import { release } from '../../src/request/release.ts'
import { start } from '../../src/request/start.ts'
import type { GiveUpReason } from '../../src/request/inputs.ts'
import { DELIVERED } from '../support/played-market.ts'
import type { PartyName, PlayedMarket } from '../support/played-market.ts'

const PARTIES: readonly PartyName[] = ['user', 'driver', 'first', 'second', 'validator']

/** What the market promises about requests that their driver gives up, and about the money that was held for them. */
export async function giveUpRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context } = market
  const user = market.id('user')
  const driver = market.id('driver')
  const failures = async (): Promise<readonly number[]> => {
    const nodes = PARTIES.slice(1).map((name) => market.id(name))
    const found = await readReputation(marketTables(context), nodes)
    return nodes.map((node) => found.get(node)?.failed ?? -1)
  }
  const purses = (): Promise<unknown> => Promise.all(PARTIES.map((name) => market.purse(name)))

  for (const reason of ['not-answered', 'proof-lost'] as const satisfies readonly GiveUpReason[]) {
    await t.test(`given up as ${reason}, a running request costs nobody anything, at once`, async (t) => {
      const [before, marks] = [await purses(), await failures()]
      const id = await market.running()
      await progress(context, driver, { id, fence: 1, delivered: DELIVERED })
      await acknowledge(context, user, { id, received: DELIVERED })
      const ended = await giveUp(context, driver, { id, fence: 1, reason })
      t.match(ended, {
        state: 'FAILED',
        endReason: reason,
        settlement: { isDone: true, billed: 0n, fee: 0n, refund: ended.hold, payouts: [] },
      })
      t.same(await purses(), before, 'all of the hold is free again, and nobody is paid')
      t.same(
        (await failures()).map((count, index) => count - (marks[index] ?? 0)),
        [1, 0, 0, 0],
        'only the driver is marked',
      )
      t.same(await giveUp(context, driver, { id, fence: 1, reason }), ended, 'again: the same')
      t.same(await purses(), before)
      t.equal((await failures())[0], (marks[0] ?? 0) + 1, 'one mark')
    })
  }

  await t.test('before a request ran, giving it up is no failure of anybody', async (t) => {
    const [before, marks] = [await purses(), await failures()]
    const id = await market.claimed()
    t.match(await giveUp(context, driver, { id, fence: 1, reason: 'not-answered' }), {
      state: 'FAILED',
      settlement: { isDone: true, billed: 0n },
    })
    t.same(await purses(), before)
    t.same(await failures(), marks)
  })

  await t.test('refused receipts stay the reason when the request is given up', async (t) => {
    const id = await market.running()
    const attempt = deliver(context, driver, { id, fence: 1, delivered: DELIVERED, receipts: [] })
    await t.rejects(attempt, { code: 'MARKET_RECEIPTS_REFUSED' })
    const ended = await giveUp(context, driver, { id, fence: 1, reason: 'proof-lost' })
    t.match(ended, { state: 'FAILED', endReason: 'proof-rejected' })
    t.same(await giveUp(context, driver, { id, fence: 1, reason: 'proof-lost' }), ended)
  })

  await t.test('what was given up can be neither claimed, delivered nor paid', async (t) => {
    const id = await market.running()
    const receipts = await market.receipts(id)
    await giveUp(context, driver, { id, fence: 1, reason: 'not-answered' })
    const everything = await market.everything()
    const state = { code: 'MARKET_REQUEST_STATE', details: { state: 'FAILED' } }
    await t.rejects(claim(context, driver, { id }), state)
    await t.rejects(deliver(context, driver, { id, fence: 1, delivered: DELIVERED, receipts }), state)
    await t.rejects(acknowledge(context, user, { id, received: DELIVERED }), state)
    await t.rejects(release(context, driver, { id, fence: 1 }), state)
    t.equal(await market.everything(), everything)
  })

  await t.test('a driver can not give up what it has delivered', async (t) => {
    const id = await market.delivered()
    const attempt = giveUp(context, driver, { id, fence: 1, reason: 'proof-lost' })
    await t.rejects(attempt, { code: 'MARKET_REQUEST_STATE', details: { state: 'DELIVERED' } })
    await acknowledge(context, user, { id, received: DELIVERED })
    t.match(await market.row(id), { state: 'COMPLETED' })
  })

  await t.test('only its driver gives a request up, under its present claim', async (t) => {
    const id = await market.running()
    await release(context, driver, { id, fence: 1 })
    await claim(context, driver, { id })
    await start(context, driver, { id, fence: 2, participants: market.pipeline })
    const everything = await market.everything()
    const reason = 'not-answered'
    for (const name of ['user', 'stranger', 'rival', 'validator'] as const) {
      const forged = giveUp(context, market.id(name), { id, fence: 2, reason })
      await t.rejects(forged, { code: 'MARKET_FORBIDDEN' }, name)
    }
    for (const fence of [0, 1, 3]) {
      const stale = giveUp(context, driver, { id, fence, reason })
      await t.rejects(stale, { code: 'MARKET_FENCE_STALE' }, `fence ${fence}`)
    }
    t.equal(await market.everything(), everything)
  })

  await t.test('giving up and delivering at once: one of them', async (t) => {
    for (let round = 0; round < 6; round++) {
      const before = await market.purse('user')
      const id = await market.running()
      await acknowledge(context, user, { id, received: DELIVERED })
      const giving = () => giveUp(context, driver, { id, fence: 1, reason: 'not-answered' })
      const handing = () => market.deliver(id)
      const calls = round % 2 === 0 ? [giving(), handing()] : [handing(), giving()]
      const outcomes = await Promise.allSettled(calls)
      const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      t.match(refused, [{ code: 'MARKET_REQUEST_STATE' }])
      const row = await market.row(id)
      const paid = row.state === 'COMPLETED' ? 95n : 0n
      t.match(row, { state: /^(COMPLETED|FAILED)$/, settlement: 'done' })
      t.equal((await market.purse('user')).free, before.free - paid)
    }
  })

  await t.test('a request that a driver had and let go is taken back for nothing', async (t) => {
    const before = await market.purse('user')
    const id = await market.running()
    await release(context, driver, { id, fence: 1 })
    t.match(await cancel(context, user, id), {
      state: 'CANCELLED',
      settlement: { isDone: true, billed: 0n, fee: 0n },
    })
    t.same(await market.purse('user'), before)
  })
}
