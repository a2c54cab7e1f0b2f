import t from 'tap'
import { parseLinkBenchOptions } from '../../src/link/link-bench-options.ts'
import { renderLinkReport } from '../../src/link/link-report.ts'
import type { LinkResults } from '../../src/link/link-results.ts'
import { testMachine } from '../support/test-machine.ts'

t.test('reads the options, and refuses unknown ones', async (t) => {
  t.match(parseLinkBenchOptions(['--quick', '--out', 'x']), { isQuick: true, outFolder: 'x', rounds: 1 })
  t.match(parseLinkBenchOptions([]), { isQuick: false, outFolder: undefined })
  t.throws(() => parseLinkBenchOptions(['--rounds', '2']), { code: 'CORE_INVALID_VALUE' })
})

t.test('costs are differences within a round', async (t) => {
  const frames = (['memory', 'WebSockets'] as const).flatMap((carrier) =>
    (['one by one', 'streamed'] as const).flatMap((flow) =>
      [
        [1, 10, 22],
        [2, 20, 33],
        [3, 30, 41],
      ].flatMap(([round = 0, clear = 0, sealed = 0]) => {
        const base = { carrier, flow, bytes: 16 * 1024, round } as const
        return [
          { ...base, protection: 'in clear', frameUs: clear } as const,
          { ...base, protection: 'sealed', frameUs: sealed } as const,
        ]
      }),
    ),
  )
  const results: LinkResults = {
    name: 'link',
    date: '2025-01-31',
    machine: testMachine,
    settings: parseLinkBenchOptions([]),
    frames,
    handshakes: [{ carrier: 'memory', protection: 'sealed', round: 1, linkUs: 1500 }],
  }
  const report = renderLinkReport(results)
  t.match(report, /\| 16 KiB \| 20\.0 +\| 33\.0 +\| 12\.0/)
  t.match(report, /\| memory, sealed \| 1\.50 \|/)
})
