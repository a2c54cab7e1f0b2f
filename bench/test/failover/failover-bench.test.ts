import t from 'tap'
import { parseFailoverBenchOptions } from '../../src/failover/failover-bench-options.ts'
import { renderFailoverReport } from '../../src/failover/failover-report.ts'
import { pauseAfter } from '../../src/failover/timed-answer.ts'
import { testMachine } from '../support/test-machine.ts'

t.test('reads the options, and refuses unknown ones', async (t) => {
  t.match(parseFailoverBenchOptions([]), { kills: 20, contextTokens: 512, models: ['bundled', 'smollm2'] })
  t.match(parseFailoverBenchOptions(['--quick', '--out', 'x', '--test-models', '']), {
    isQuick: true,
    kills: 1,
    outFolder: 'x',
    testModelsFolder: undefined,
  })
  t.equal(parseFailoverBenchOptions(['--kills', '7']).kills, 7)
  for (const wrong of [['--kills', '0'], ['--kills', 'x'], ['--rounds', '2'], ['more']]) {
    t.throws(() => parseFailoverBenchOptions(wrong), { code: 'CORE_INVALID_VALUE' }, wrong.join(' '))
  }
})

t.test('a pause ends with the first token after the longest silence', async (t) => {
  t.equal(pauseAfter(100, [80, 90, 400, 410]), 300)
  t.equal(pauseAfter(100, [80, 90, 105, 110, 400, 410, 420]), 300, 'what was on its way is not the end of it')
  t.equal(pauseAfter(100, [80, 90]), 0, 'nothing came')
})

t.test('the report has a row for each case, also one that was not measured', async (t) => {
  const base = { workers: 2, spares: 1, victims: ['worker-1'], signal: 'SIGKILL', share: 1 } as const
  const sample = {
    model: 'm',
    case: 'a',
    victim: 'worker-1',
    usualMs: 4,
    repairMs: 50,
    contextTokens: 512,
    restartedSessions: 0,
  }
  const report = renderFailoverReport({
    name: 'failover',
    date: '2025-01-31',
    machine: testMachine,
    settings: { kills: 2, contextTokens: 512, isQuick: false },
    cases: [
      { ...base, name: 'a' },
      { ...base, name: 'b' },
    ],
    samples: [
      { ...sample, round: 1, pauseMs: 100, isSame: true },
      { ...sample, round: 2, pauseMs: 300, isSame: false },
    ],
  })
  t.match(
    report,
    /\| m +\| a +\| 2 +\| 200 \(100-300\) +\| 50 \(50-50\) +\| 4\.0 \(4\.0-4\.0\) +\| 0 +\| 1 of 2 +\|/,
  )
  t.match(report, /\| m +\| b +\| 0 +\| - /)
})
