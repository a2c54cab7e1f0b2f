import type { Test } from 'tap'
import { playMarket } from '../support/played-market.ts'
import type { OpenAgain, PlayedMarket } from '../support/played-market.ts'

/** One group of what a market promises. */
export type MarketRules = (t: Test, market: PlayedMarket) => Promise<void>

/** Plays groups of rules, each in an empty database of its own. */
export async function marketSuite(
  t: Test,
  openEmpty: () => Promise<OpenAgain & AsyncDisposable>,
  groups: Readonly<Record<string, MarketRules>>,
): Promise<void> {
  for (const [name, rules] of Object.entries(groups)) {
    await t.test(name, async (t) => {
      const open = await openEmpty()
      t.teardown(() => open[Symbol.asyncDispose]())
      await rules(t, await playMarket(open))
    })
  }
}
