import { ManualClock, SeededRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import { openLedger } from '@shardline/ledger'
import type { LedgerPool } from '@shardline/ledger'
import { DEFAULT_SETTINGS } from '@shardline/market'
import fc from 'fast-check'
import type { Test } from 'tap'
import { isSoak, testSeed } from '../support/soak.ts'
import { castRun, BEGIN_WITH } from './cast.ts'
import { Books } from './check-books.ts'
import { operation } from './operations.ts'
import type { Operation } from './operations.ts'
import { Player } from './player.ts'
import { Replicas } from './replicas.ts'
import { ShadowMarket } from './shadow-market.ts'

/** Steps that the long form plays at the least, all its random lists together. */
const STEPS_SOAK = 20_000
/** Steps of one list; from one on, so that one that fails can become short. */
const RUN_STEPS = { minLength: 1, maxLength: 120, size: 'max' } as const
/** Fewer steps than a list has on average: so that there are enough lists. */
const RUN_STEPS_LEAST = 10

/** How the model is played on one database. */
export interface ModelInit {
  /** Connections of each replica. */
  readonly pools: readonly LedgerPool[]
  /** Steps of the short form. */
  readonly stepsShort: number
}

/**
 * Plays random steps on two replicas of a market and on their shadow, and compares answers, states, prices and balances
 * after each. A list that fails is made shorter until nothing can be left out.
 */
export async function playModel(t: Test, { pools, stepsShort }: ModelInit): Promise<void> {
  const seed = testSeed(t)
  const clock = new ManualClock(1_700_000_000_000)
  const random = new SeededRandom(seed)
  const operator = await createIdentity(random)
  const settings = {
    operators: [operator.id],
    openRequestsPerUserMax: 8,
    capacityMsMax: 300_000,
    feedbackMsMax: 60_000,
  }
  await using replicas = new Replicas(pools, { clock, random }, settings)
  await replicas.open()
  const database = replicas.database(0)
  await using ledger = await openLedger({ database, clock })
  const stepsWanted = isSoak ? STEPS_SOAK : stepsShort
  const counts: Record<string, number> = {}
  let [runs, steps] = [0, 0]
  let isFailing = false
  const play = async (operations: readonly Operation[]): Promise<void> => {
    // Time goes on from run to run: the ledger's clock can't start again.
    clock.advance(1_000_000)
    const cast = await castRun(replicas.market(0), { run: `${seed}-${runs++}`, random, operator })
    const shadow = new ShadowMarket(cast.parties.length, { ...DEFAULT_SETTINGS, ...settings })
    for (const purse of shadow.purses) purse.available = BEGIN_WITH
    const books = new Books({ database, ledger, cast, shadow })
    const player = new Player({
      replicas,
      ledger,
      clock,
      random,
      operator,
      cast,
      shadow,
      books,
      counts,
    })
    await books.check()
    for (const step of operations) {
      await player.play(step)
      steps++
    }
    await player.finish()
  }
  const property = fc.asyncProperty(fc.array(operation, RUN_STEPS), async (operations) => {
    if (steps >= stepsWanted && !isFailing) return
    try {
      await play(operations)
    } catch (cause) {
      if (!isFailing) t.comment(`fails after ${steps} steps: ${String(cause)}; looking for a shorter list`)
      isFailing = true
      throw cause
    }
  })
  const numRuns = Math.ceil(stepsWanted / RUN_STEPS_LEAST)
  await fc.assert(property, { seed, numRuns, endOnFailure: false })
  t.comment(`${steps} steps in ${runs} runs`)
  for (const name of Object.keys(counts).toSorted()) t.comment(`${name}: ${counts[name] ?? 0}`)
  t.ok(steps >= stepsWanted, `${steps} steps`)
  t.ok((counts['broken: connections'] ?? 0) > 0, 'connections broke')
  t.ok((counts['acknowledge: ok'] ?? 0) > 0, 'requests were served')
}
