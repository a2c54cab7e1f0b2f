import t from 'tap'
import { parseSealingBenchOptions } from '../../src/sealing/sealing-bench-options.ts'

t.test('measures the real model where there is one, else the bundled one', async (t) => {
  t.match(parseSealingBenchOptions([]), { models: ['bundled'], testModelsFolder: undefined, isQuick: false })
  t.match(parseSealingBenchOptions(['--test-models', 'x']), { models: ['smollm2'], testModelsFolder: 'x' })
  t.match(parseSealingBenchOptions(['--models', 'bundled, smollm2', '--test-models', 'x']), {
    models: ['bundled', 'smollm2'],
  })
})

t.test('reads the options, and refuses what it does not know', async (t) => {
  t.match(parseSealingBenchOptions(['--quick', '--out', 'x']), { isQuick: true, outFolder: 'x', rounds: 1 })
  t.match(parseSealingBenchOptions(['--rounds', '7', '--threads', '1']), { rounds: 7, threads: 1 })
  for (const args of [
    ['--rounds', '0'],
    ['--threads', 'x'],
    ['--kills', '2'],
  ])
    t.throws(() => parseSealingBenchOptions(args), { code: 'CORE_INVALID_VALUE' }, args.join(' '))
})
