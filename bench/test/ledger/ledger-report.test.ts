import t from 'tap'
import { parseLedgerBenchOptions } from '../../src/ledger/ledger-bench-options.ts'
import { renderLedgerReport } from '../../src/ledger/ledger-report.ts'
import type { LedgerResults, SettlementSample } from '../../src/ledger/ledger-results.ts'
import { testMachine } from '../support/test-machine.ts'

t.test('reads the options, and refuses unknown ones', async (t) => {
  t.match(parseLedgerBenchOptions(['--quick', '--out', 'x']), { isQuick: true, outFolder: 'x', rounds: 1 })
  t.match(parseLedgerBenchOptions([]), { isQuick: false, outFolder: undefined })
  t.throws(() => parseLedgerBenchOptions(['--rounds', '2']), { code: 'CORE_INVALID_VALUE' })
})

t.test('ratios are taken within a round, and growth against the first size', async (t) => {
  const rates: readonly (readonly [SettlementSample['subject'], 'spread' | 'hot', readonly number[]])[] = [
    ['plain SQL', 'spread', [100, 200, 300]],
    ['plain SQL', 'hot', [50, 50, 50]],
    ['ledger', 'spread', [200, 300, 900]],
    ['ledger', 'hot', [100, 100, 200]],
  ]
  const results: LedgerResults = {
    name: 'ledger',
    date: '2025-01-31',
    machine: testMachine,
    settings: parseLedgerBenchOptions([]),
    settlements: rates.flatMap(([subject, spread, values]) =>
      values.map((perSecond, round) => ({ database: 'PGlite', subject, spread, round, perSecond }) as const),
    ),
    growth: [
      { database: 'PGlite', entries: 1_000, round: 0, perSecond: 100 },
      { database: 'PGlite', entries: 2_000, round: 0, perSecond: 80 },
    ],
  }
  const report = renderLedgerReport(results)
  t.match(report, /\| spread +\| 200 +\| 300 +\| 2\.00x/)
  t.match(report, /\| one hot account +\| 50 +\| 100 +\| 2\.00x/)
  t.match(report, /\| hot ÷ spread +\| 0\.25x +\| 0\.33x/)
  t.match(report, /\| 2,000 +\| 80 +\| 1\.25x/)
})
