import type { Test } from 'tap'
import { marketTables } from '../../src/database/transaction.ts'
import { formatPrice, nextPrice, priceFromMicrocredits } from '../../src/price/price-rule.ts'
import { acknowledge } from '../../src/request/acknowledge.ts'
import { claim } from '../../src/request/claim.ts'
import type { RequestId } from '../../src/ids.ts'
import { start } from '../../src/request/start.ts'
import { readPlan } from '../../src/settlement/settlement-plan.ts'
import { DELIVERED } from '../support/played-market.ts'
import type { PartyName, PlayedMarket } from '../support/played-market.ts'

const BASE = priceFromMicrocredits(100n)
const SERVE_MS = 10_000
/** 50,000 tokens in ten seconds, in thousandths of a token per second. */
const SHOWN = 5_000_000n
const SUPPLY = 1_000n

/** What the market promises about the price that is billed: it follows from what was really asked for and there. */
export async function fairBillRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context, clock } = market
  await market.supply(SUPPLY)
  const serve = async (id: RequestId, name: PartyName): Promise<void> => {
    const driver = market.id(name)
    await claim(context, driver, { id })
    await start(context, driver, { id, fence: 1, participants: market.pipeline })
    clock.advance(SERVE_MS)
    await market.deliver(id)
    await acknowledge(context, market.id('user'), { id, received: DELIVERED })
  }
  const priceOf = async (id: RequestId) => readPlan((await market.row(id)).settlement_plan)?.price
  const fair = (demandTokens: bigint, supplyTps: bigint) =>
    formatPrice(nextPrice({ base: BASE, current: BASE, demandTokens, supplyTps }))

  await t.test(
    'the bill follows the demand that was served, and the supply that has shown itself',
    async (t) => {
      const first = await market.pending()
      const second = await market.pending()
      const third = await market.pending({ driver: market.id('solo') })
      t.ok(BigInt((await market.row(second)).locked_price) > 100n * BASE, 'the quote was far higher')
      await serve(first, 'driver')
      t.equal(await priceOf(first), '100', 'locked before any demand')
      await serve(second, 'driver')
      t.equal(await priceOf(second), fair(50_000n, SUPPLY + SHOWN), 'one other was served')
      await serve(third, 'solo')
      t.equal(
        await priceOf(third),
        fair(100_000n, SUPPLY + SHOWN + SHOWN),
        "two others were served, and another driver's capacity has shown itself since the lock",
      )
    },
  )

  await t.test('demand that is still open, or that ended without a bill, counts nothing', async (t) => {
    const open = await market.pending()
    const own = await market.pending()
    await serve(own, 'driver')
    t.equal(await priceOf(own), fair(0n, SUPPLY))
    t.match(await market.row(open), { state: 'PENDING' })
  })

  await t.test('capacity that a second identity had hidden by a low word lowers the bill', async (t) => {
    const elsewhere = await market.pending({ driver: market.id('rival') })
    const own = await market.pending()
    const { lock_supply_mtps: supplyAtLock } = await market.row(own)
    t.equal(supplyAtLock, SUPPLY, 'the rival was there, with a low word')
    await serve(elsewhere, 'rival')
    await marketTables(context)
      .updateTable('market.capacities')
      .set({ reported_mtps: SHOWN, effective_mtps: SHOWN })
      .where('driver', '=', market.id('rival'))
      .execute()
    await serve(own, 'driver')
    t.equal(await priceOf(own), fair(50_000n, SUPPLY + SHOWN + SHOWN - SUPPLY))
  })
}
