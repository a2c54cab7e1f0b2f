import t from 'tap'
import type { TracedStep } from '../../src/index.ts'
import { passOf } from '../../src/rehearsal/rehearsed-pass.ts'

const NODES = ['w', 'v']

/** A decode step that took `stepMs`, of which the stages computed so much. */
const step = (stepMs: number, computeMs: readonly number[], more: Partial<TracedStep> = {}): TracedStep => ({
  sentMs: 100,
  landedMs: 100 + stepMs,
  isDecode: true,
  rows: 1,
  rowsTotal: 1,
  stages: computeMs.map((ms, place) => ({
    node: NODES[place] ?? '',
    layers: place === 0 ? { first: 0, count: 4 } : null,
    rows: 1,
    queueMs: 0,
    computeMs: ms,
    totalMs: ms,
  })),
  ...more,
})

const init = { promptTokens: 10, warmUpSteps: 1, nodes: NODES }

t.test('takes medians of what counts: each stage, and what the stages leave of a step', (t) => {
  const steps = [step(90, [80, 5]), step(10, [6, 1]), step(12, [5, 2]), step(30, [20, 3]), step(11, [7, 3])]
  t.match(passOf(steps, init), { contextTokens: 12.5, computeMs: [6.5, 2.5], restMs: 4, steps: 4 })
  t.end()
})

t.test('leaves steps out that others shared, or that went another way', (t) => {
  const alone = step(10, [6, 1])
  const [worker, validator] = alone.stages
  const merged = step(50, [40, 9], { rowsTotal: 2 })
  const shared = step(50, [40, 9], { stages: [{ ...worker!, rows: 3 }, validator!] })
  const short = step(50, [40])
  const other = step(50, [40, 9], { stages: [{ ...worker!, node: 'x' }, validator!] })
  t.match(passOf([alone, merged, shared, short, other, alone], init), { computeMs: [6, 1], steps: 1 })
  t.equal(passOf([alone, merged, shared, short, other], init), undefined)
  t.equal(passOf([], init), undefined)
  t.end()
})

t.test('has no links that take less than nothing', (t) => {
  t.match(passOf([step(9, [6, 1]), step(6, [6, 1])], init), { restMs: 0 })
  t.end()
})

t.test("has the driver's own time from each token to the next frame", (t) => {
  const at = (sentMs: number, landedMs: number): TracedStep => step(0, [6, 1], { sentMs, landedMs })
  const steps = [at(0, 10), at(11, 20), at(23, 30), at(30.5, 40)]
  t.equal(passOf(steps, init)?.driverMs, 1)
  t.end()
})
