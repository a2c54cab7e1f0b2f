import type { Test } from 'tap'
import type { OpenEmpty } from '../support/empty-databases.ts'
import type { OpenAgain } from '../support/played-market.ts'

/** One group of what an opened market promises; it opens its own. */
export type OpenedRules = (t: Test, openAgain: OpenAgain) => Promise<void>

/** Plays groups of rules, each in an empty database of its own. */
export async function openedSuite(
  t: Test,
  openEmpty: OpenEmpty,
  groups: Readonly<Record<string, OpenedRules>>,
): Promise<void> {
  for (const [name, rules] of Object.entries(groups)) {
    await t.test(name, async (t) => {
      const openAgain = await openEmpty()
      t.teardown(() => openAgain[Symbol.asyncDispose]())
      await rules(t, openAgain)
    })
  }
}
