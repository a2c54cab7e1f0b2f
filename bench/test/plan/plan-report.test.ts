import t from 'tap'
import { clustersFor } from '../../src/plan.ts'
import { parsePlanBenchOptions } from '../../src/plan/plan-bench-options.ts'
import { equalSplit } from '../../src/plan/plan-cluster.ts'
import { renderPlanReport } from '../../src/plan/plan-report.ts'
import type { PlanSample } from '../../src/plan/plan-results.ts'

const machine = {
  cpuModel: 'a processor',
  cores: 2,
  cpuFlags: [],
  memoryGib: 8,
  platform: 'linux x64',
  loadBefore: 0.1,
  node: 'v20.19.0',
  runtimes: {},
  commit: 'abc',
}

const sample = (round: number, more: Partial<PlanSample>): PlanSample => ({
  cluster: 'uneven',
  split: 'planned',
  round,
  layers: ['0-5', '6-7'],
  plannedMs: 8,
  predictedMs: 9,
  measuredMs: 10,
  ...more,
})

t.test('reports errors as medians, and the equal split within each round', (t) => {
  const samples = [
    sample(1, {}),
    sample(2, { measuredMs: 12, predictedMs: 12 }),
    sample(3, { measuredMs: 8, predictedMs: 10 }),
    sample(1, { split: 'equal', layers: ['0-3', '4-7'], measuredMs: 20 }),
    sample(2, { split: 'equal', layers: ['0-3', '4-7'], measuredMs: 18 }),
  ]
  const settings = { model: 'bundled', rounds: 3 }
  const text = renderPlanReport({ name: 'plan', date: '2025-01-31', machine, settings, samples })
  t.match(
    text,
    /\| uneven +\| planned \| 0-5, 6-7 \| 8\.00 +\| 10\.00 +\| 10\.00 +\| \+0 % \(-10 % to \+25 %\)/,
  )
  t.match(text, /uneven: a token of the equal split takes \*\*1\.75x\*\* \(1\.50-2\.00\)/)
  t.end()
})

t.test('lets the slow node compute more only where there are too few cores for threads', (t) => {
  const uneven = (cores: number): unknown => clustersFor(cores, 20)[1]?.workers
  t.strictSame(uneven(2), [{ threads: 1 }, { threads: 1, slowness: 3 }])
  t.strictSame(uneven(8), [{ threads: 4 }, { threads: 1 }])
  t.strictSame(clustersFor(2, 35)[2]?.workers[1], { threads: 1, delayMs: 35 })
  t.end()
})

t.test('divides layers equally', (t) => {
  t.equal(equalSplit(30, 2), '0-14,15-29')
  t.equal(equalSplit(7, 3), '0-1,2-4,5-6')
  t.end()
})

t.test('reads its options, and says what it does not take', (t) => {
  t.match(parsePlanBenchOptions(['--rounds', '2', '--quick']), { rounds: 2, tokens: 16, isQuick: true })
  t.throws(() => parsePlanBenchOptions(['--rounds', '0']), { code: 'CORE_INVALID_VALUE' })
  t.throws(() => parsePlanBenchOptions(['--bogus']), { code: 'CORE_INVALID_VALUE' })
  t.end()
})
