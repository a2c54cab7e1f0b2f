import t from 'tap'
import { renderSealingReport } from '../../src/sealing/sealing-report.ts'
import type { SealingResults } from '../../src/sealing/sealing-results.ts'
import { testMachine } from '../support/test-machine.ts'

/** Per round: in clear, sealed. */
const TIMES = [
  [100, 104],
  [200, 204],
  [50, 52],
  [100, 105],
  [100, 103],
  [100, 110],
] as const

const PROTECTIONS = ['in clear', 'sealed'] as const

const results: SealingResults = {
  name: 'sealing',
  date: '2025-01-31',
  machine: testMachine,
  settings: { rounds: 6 },
  subjects: PROTECTIONS.map((subject) => ({
    model: 'm',
    subject,
    description: { links: subject, threads: '2' },
  })),
  pipelines: TIMES.flatMap((times, round) =>
    PROTECTIONS.map((subject, i) => ({
      model: 'm',
      subject,
      workload: 'decode',
      round,
      metrics: { decodeTokensPerSecond: 1000 / (times[i] ?? 0) },
      stages: [],
      streams: [],
    })),
  ),
  hops: TIMES.flatMap((times, round) =>
    PROTECTIONS.map((protection, i) => ({
      model: 'm',
      protection,
      workload: 'decode',
      flow: 'saturated' as const,
      round,
      frameUs: times[i] ?? 0,
    })),
  ),
  links: TIMES.flatMap((times, round) =>
    PROTECTIONS.map((protection, i) => ({
      protection,
      flow: 'streamed' as const,
      bytes: 16 * 1024,
      round,
      frameUs: (times[i] ?? 0) + (i === 1 ? 60 : 0),
    })),
  ),
}

t.test('takes ratios and costs within each round, and says what is over a limit', async (t) => {
  const report = renderSealingReport(results)
  t.match(
    report,
    /\| a hop's throughput \(m, decode, saturated\) \| 5\.0 % +\| 3\.8 % \(2\.0 % to 9\.1 %\) +\| within +\|/,
  )
  t.match(report, /\| sealing and opening 16 KiB \(streamed\) +\| 50 µs +\| 64\.0 µs .* \| \*\*over\*\* \|/)
  t.match(report, /\| decode, tokens\/s \| 10\.0 .* \| 0\.962x \(0\.909x to 0\.980x\) \| 0\.909x-0\.980x \|/)
  t.match(report, /\| decode, saturated \| 100 µs .* \| 0\.962x/)
})

t.test('says nothing of intervals that few rounds do not give', async (t) => {
  const report = renderSealingReport({ ...results, pipelines: results.pipelines.slice(0, 10) })
  t.match(report, /\| decode, tokens\/s .* \| - +\|/)
})
