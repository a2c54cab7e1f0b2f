import t from 'tap'
import { parseSoakBenchOptions } from '../../src/soak/soak-bench-options.ts'

t.test('soaks for half an hour unless told otherwise', async (t) => {
  t.match(parseSoakBenchOptions([]), { minutes: 30, deathSeconds: 60, isQuick: false, outFolder: undefined })
  t.match(parseSoakBenchOptions(['--minutes', '2.5', '--out', 'x']), { minutes: 2.5, outFolder: 'x' })
  t.match(parseSoakBenchOptions(['--quick']), { minutes: 0.5, isQuick: true })
})

t.test('refuses lengths that are none, and options that it does not have', async (t) => {
  for (const minutes of ['0', '-1', 'long', '1441']) {
    t.throws(() => parseSoakBenchOptions([`--minutes=${minutes}`]), /--minutes is/)
  }
  t.throws(() => parseSoakBenchOptions(['--models', 'x']), { code: 'CORE_INVALID_VALUE' })
})
