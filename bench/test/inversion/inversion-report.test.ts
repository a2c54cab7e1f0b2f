import t from 'tap'
import { parseInversionBenchOptions } from '../../src/inversion/inversion-bench-options.ts'
import { renderInversionReport } from '../../src/inversion/inversion-report.ts'
import { testMachine } from '../support/test-machine.ts'

t.test('reads the options, and refuses unknown ones', async (t) => {
  t.match(parseInversionBenchOptions(['--quick', '--models', 'a, b', '--test-models', '']), {
    isQuick: true,
    models: ['a', 'b'],
    outFolder: undefined,
    testModelsFolder: undefined,
  })
  t.match(parseInversionBenchOptions(['--test-models', 'x']), {
    isQuick: false,
    models: ['bundled', 'smollm2'],
    testModelsFolder: 'x',
  })
  t.throws(() => parseInversionBenchOptions(['--rounds', '2']), { code: 'CORE_INVALID_VALUE' })
})

t.test('shows shares in percent and candidates a token', async (t) => {
  const all = { top1: 1, top10: 1 }
  const report = renderInversionReport({
    name: 'inversion',
    date: '2025-01-31',
    machine: testMachine,
    settings: parseInversionBenchOptions([]),
    models: [
      {
        model: 'm',
        layers: 8,
        hiddenSize: 4,
        vocabularySize: 16,
        trainTokens: 10,
        testTokens: 3,
        unseenTokens: 0,
        prompt: 'Hello',
        knownTokens: 2,
      },
    ],
    cuts: [
      {
        model: 'm',
        cut: 4,
        nearest: { top1: 0.125, top10: 0.5 },
        linear: all,
        linearUnseen: { top1: Number.NaN, top10: Number.NaN },
      },
    ],
    matches: [
      {
        model: 'm',
        cut: 4,
        tokens: 4,
        right: 3,
        equal: 2,
        candidates: 50,
        candidatesMost: 40,
        wrongDistance: 0.0123,
        text: 'Hell',
      },
    ],
  })
  t.match(report, /\| 4 +\| 12\.5 % +\| 50\.0 % +\| 100\.0 % +\| 100\.0 % +\| - +\| - +\|/)
  t.match(report, /\| 4 +\| 3 of 4 \| 2 of 4 +\| 12\.5 +\| 40 +\| 0\.012 +\|/)
})
