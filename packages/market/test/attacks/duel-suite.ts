import type { Test } from 'tap'
import { emptyPglite } from '../support/empty-databases.ts'
import { duel, openArena } from './arena.ts'
import type { Attack } from './arena.ts'

/** An attack and whom it is played on. */
export interface Duelled {
  readonly attack: Attack
  /** Output tokens of each victim. */
  readonly victimTokens: number
}

/** Plays each attack on a running market: it must lose, and gain in the weak design, or the test would show nothing. */
export async function duelSuite(t: Test, attacks: Readonly<Record<string, Duelled>>): Promise<void> {
  const openAgain = await emptyPglite()
  t.teardown(() => openAgain[Symbol.asyncDispose]())
  const arena = await openArena(openAgain)
  for (const [name, { attack, victimTokens }] of Object.entries(attacks)) {
    await t.test(`${name} is a loss, and a gain in the weak design`, async (t) => {
      const { net, captiveNet, weakNet, honest, attacked } = await duel(arena, attack, victimTokens)
      t.comment(
        `net ${net} microcredits, ${captiveNet} from victims who pay anything (honest ${honest.gain}, attack ${attacked.gain}); weak design ${weakNet}; ` +
          `victims lost ${attacked.lostVictims}; last quote ${honest.quoted.at(-1)} -> ${attacked.quoted.at(-1)}`,
      )
      t.ok(honest.gain > 0n, 'honest work is paid')
      t.equal(honest.lostVictims, 0)
      t.ok(net < 0n, `the attack loses ${-net}`)
      t.ok(captiveNet <= 0n, `and gains ${captiveNet} where nobody looks at the price`)
      t.ok(weakNet > 0n, `it would gain ${weakNet} where bills are made at the locked price`)
    })
  }
}
