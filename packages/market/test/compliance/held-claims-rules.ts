import type { Test } from 'tap'
import { claim } from '../../src/request/claim.ts'
import { heldClaims } from '../../src/request/held-claims.ts'
import { release } from '../../src/request/release.ts'
import type { PlayedMarket } from '../support/played-market.ts'

/** What the market promises a driver that starts anew about the claims that it held. */
export async function heldClaimsRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context } = market
  const user = market.id('user')
  const driver = market.id('driver')

  await t.test('a driver that starts anew finds what it held, and gives it back', async (t) => {
    const solo = market.id('solo')
    const participants = { validator: solo, workers: [], layerCount: 24 }
    t.same(await heldClaims(context, solo), [])
    await market.pending({ driver: solo })
    const claimed = await market.claimed({ driver: solo })
    market.clock.advance(1)
    const running = await market.running({ driver: solo }, participants)
    const over = await market.running({ driver: solo }, participants)
    await market.deliver(over)
    const held = await heldClaims(context, solo)
    const leaseUntilMs = market.clock.now() + context.settings.claimLeaseMs
    t.match(held, [
      { id: claimed, fence: 1 },
      { id: running, fence: 1, model: market.model, leaseUntilMs },
    ])
    t.equal(held.length, 2, 'neither what waits nor what is delivered')
    t.notOk(
      (await heldClaims(context, driver)).some(({ id }) => id === claimed),
      "nor another driver's",
    )
    t.same(await heldClaims(context, user), [])
    for (const { id, fence } of held) {
      const { lockedPrice } = await release(context, solo, { id, fence })
      t.match(await claim(context, solo, { id }), { fence: 2, lockedPrice }, 'it can be claimed at once')
    }
    const everything = await market.everything()
    for (const { id, fence } of held) {
      const late = release(context, solo, { id, fence })
      await t.rejects(late, { code: 'MARKET_FENCE_STALE' }, 'a message that comes late ends no newer claim')
    }
    t.equal(await market.everything(), everything)
    for (const { id } of held) await release(context, solo, { id, fence: 2 })
    t.same(await heldClaims(context, solo), [])
  })
}
