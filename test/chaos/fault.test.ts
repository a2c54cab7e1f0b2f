import t from 'tap'
import { describeFault, drawFaults } from '../support/chaos/fault.ts'
import type { FaultDraw } from '../support/chaos/fault.ts'

const DRAW: FaultDraw = {
  seed: 7,
  count: 60,
  targets: ['worker', 'validator', 'driver', 'market', 'relay'],
  moments: ['prefill', 'decode', 'settlement'],
  hasDatabaseServer: true,
}

t.test('the same seed draws the same faults, another one others', async (t) => {
  t.same(drawFaults(DRAW), drawFaults(DRAW))
  t.notSame(drawFaults(DRAW), drawFaults({ ...DRAW, seed: 8 }))
})

t.test('a run of 40 has every kind for every target', async (t) => {
  const pairs = drawFaults({ ...DRAW, count: 40 }).map(({ kind, target }) => `${kind} of ${target}`)
  t.equal(pairs.length, 40)
  const all = new Set(drawFaults({ ...DRAW, count: 400 }).map(({ kind, target }) => `${kind} of ${target}`))
  t.equal(all.size, 38)
  t.same(new Set(pairs), all)
})

t.test('disks fill up and databases restart only where there are some', async (t) => {
  const targetsOf = (kind: string): readonly string[] =>
    [...new Set(drawFaults(DRAW).flatMap((fault) => (fault.kind === kind ? [fault.target] : [])))].toSorted()
  t.same(targetsOf('disk-full'), ['market', 'worker'])
  t.same(targetsOf('database-restart'), ['market'])
  const embedded = drawFaults({ ...DRAW, hasDatabaseServer: false })
  t.notOk(embedded.some(({ kind }) => kind === 'database-restart'))
})

t.test('a fault is described with all that makes it again', async (t) => {
  const fault = {
    number: 3,
    kind: 'delay',
    target: 'relay',
    which: 5,
    moment: 'decode',
    lastsMs: 70,
    delayMs: 8,
    jitterMs: 9,
  } as const
  t.equal(describeFault(fault), '  3 delay by 8+9 ms of relay 5 in mid-decode, for 70 ms')
})
