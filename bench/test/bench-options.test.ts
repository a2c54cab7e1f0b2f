import t from 'tap'
import { parseBenchOptions } from '../src/bench-options.ts'

t.test('reads the options and fills in the usual ones', (t) => {
  const options = parseBenchOptions(['pipeline', '--workers', '0,2', '--threads', '3', '--test-models', ''])
  t.match(options, {
    benchmark: 'pipeline',
    models: ['bundled', 'smollm2', 'random-1b'],
    rounds: 5,
    threads: 3,
    precision: 'auto',
    workers: [0, 2],
    isQuick: false,
  })
  t.equal(options.testModelsFolder, undefined)
  t.same(parseBenchOptions(['peers', '--quick']).rounds, 1)
  t.same(parseBenchOptions(['peers', '--models', 'a, b,']).models, ['a', 'b'])
  t.end()
})

for (const args of [
  [],
  ['speed'],
  ['peers', 'pipeline'],
  ['peers', '--rounds', '0'],
  ['peers', '--rounds', 'many'],
  ['peers', '--precision', 'int2'],
  ['pipeline', '--workers', '1,x'],
  ['peers', '--unknown'],
]) {
  t.test(`refuses "${args.join(' ')}"`, (t) => {
    t.throws(() => parseBenchOptions(args), { code: 'CORE_INVALID_VALUE' })
    t.end()
  })
}
