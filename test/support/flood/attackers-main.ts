import { systemClock } from '@shardline/core'
import type { AttackPlan, AttackState } from './attack-plan.ts'
import { HalfOpenCrowd } from './half-open-crowd.ts'
import { SlowCrowd } from './slow-crowd.ts'

/** Milliseconds between two reports. */
const REPORT_MS = 100

const plan = JSON.parse(process.argv[2] ?? '') as AttackPlan
const crowd = new HalfOpenCrowd({ port: plan.port, from: plan.halfOpenFrom, count: plan.halfOpen })
const readers = new SlowCrowd(plan)
let isReady = false
// Whoever started it is gone: so is the attack.
process.once('disconnect', () => process.exit())
process.once('message', () => readers.stopAsking())
void readers.start().then(() => (isReady = true))
for (;;) {
  const state: AttackState = {
    isReady,
    halfOpen: crowd.open,
    halfOpenAgain: crowd.again,
    links: readers.open,
    linksAgain: readers.again,
  }
  process.send?.(state)
  await systemClock.sleep(REPORT_MS)
}
