import t from 'tap'
import { clustersFor } from '../../src/plan.ts'
import { parsePlanBenchOptions } from '../../src/plan/plan-bench-options.ts'
import { partsOf } from '../../src/plan/driver-output.ts'
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
  model: 'tiny',
  cluster: 'uneven',
  split: 'planned',
  round,
  layers: ['0-5', '6-7'],
  plannedMs: 8,
  predictedMs: 9,
  measuredMs: 10,
  meanMs: 10.5,
  parts: [
    { part: 'worker 0-5', predictedMs: 6, measuredMs: 8 },
    { part: 'links', predictedMs: 3, measuredMs: 2 },
  ],
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
    /\| tiny +\| uneven +\| planned \| 0-5, 6-7 \| 8\.00 +\| 10\.00 +\| 10\.00 +\| 10\.50 +\| -20 % +\| \+0 % \(-10 % to \+25 %\)/,
  )
  t.match(text, /Within 20 %: \*\*1 of 2\*\* rows, by their medians; 2 of 5 answers/)
  t.match(text, /\| tiny +\| uneven +\| planned +\| worker 0-5 \| 6\.00 +\| 8\.00 +\| -25 % +\| -20 % +\|/)
  t.match(text, /\| tiny +\| uneven +\| equal +\| links +\| 3\.00 +\| 2\.00 +\| \+50 % +\| \+5 % +\|/)
  t.match(text, /tiny, uneven: a token of the equal split takes \*\*1\.75x\*\* \(1\.50-2\.00\)/)
  t.end()
})

t.test('lets the slow node compute more only where there are too few cores for threads', (t) => {
  const full = { delayMs: 35, isQuick: false }
  t.strictSame(clustersFor(2, full)[1]?.workers, [{ threads: 1 }, { threads: 1, slowness: 3 }])
  t.strictSame(clustersFor(8, full)[1]?.workers, [{ threads: 4 }, { threads: 1 }])
  t.strictSame(clustersFor(2, full)[2]?.workers[1], { threads: 1, delayMs: 35 })
  t.end()
})

t.test('has clusters of two and of three workers, of three not in a hurry', (t) => {
  const sizes = (isQuick: boolean): readonly number[] =>
    clustersFor(2, { delayMs: 20, isQuick }).map(({ workers }) => workers.length)
  t.strictSame(sizes(false), [2, 2, 2, 3, 3, 3])
  t.strictSame(sizes(true), [2, 2, 2])
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

t.test('takes a token apart: stages, and links as what they leave of it', (t) => {
  const parts = partsOf({
    stages: [
      { role: 'driver', layers: null, decode_ms: 0.1 },
      { role: 'worker', layers: '0-5', decode_ms: 4 },
      { role: 'validator', layers: null, decode_ms: 1 },
    ],
    token_ms: {
      planned: 6,
      predicted: 7,
      measured: 8.5,
      measured_step: 8,
      predicted_parts: {
        driver_ms: 0.25,
        entry_ms: 0.5,
        stages: [
          { compute_ms: 3, link_ms: 1 },
          { compute_ms: 2, link_ms: 0.5 },
        ],
      },
    },
    decode_tokens_per_second: 120,
  })
  t.strictSame(parts, [
    { part: 'worker 0-5', predictedMs: 3, measuredMs: 4 },
    { part: 'validator', predictedMs: 2, measuredMs: 1 },
    { part: 'links', predictedMs: 2, measuredMs: 3 },
    { part: 'driver', predictedMs: 0.25, measuredMs: 0.5 },
  ])
  t.end()
})
