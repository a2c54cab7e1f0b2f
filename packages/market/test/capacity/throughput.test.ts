import fc from 'fast-check'
import t from 'tap'
import { effectiveCapacity, shownThroughput } from '../../src/capacity/throughput.ts'

const seed = Number(process.env['SEED'] ?? 41_004)
t.comment(`SEED=${seed}`)

const served = (startMs: number, endMs: number, tokens: number) => ({ startMs, endMs, tokens })

t.test('nothing served shows nothing', async (t) => {
  t.equal(shownThroughput([]), undefined)
})

t.test('one request shows its own throughput', async (t) => {
  t.equal(shownThroughput([served(1_000, 3_000, 100)]), 50_000n)
  t.equal(shownThroughput([served(0, 3_000, 1)]), 333n)
})

t.test('requests side by side show what they reach together', async (t) => {
  t.equal(shownThroughput([served(0, 1_000, 40), served(0, 1_000, 40), served(500, 1_000, 20)]), 100_000n)
})

t.test('idle time and slow requests do not count against a node', async (t) => {
  t.equal(shownThroughput([served(0, 1_000, 50), served(1_000_000, 1_001_000, 50)]), 50_000n)
  t.equal(shownThroughput([served(0, 1_000, 50), served(2_000, 102_000, 1)]), 50_000n)
})

t.test('a time too short to measure counts as the shortest that is', async (t) => {
  t.equal(shownThroughput([served(5, 5, 1)]), 10_000n)
  t.equal(shownThroughput([served(5, 4, 1)]), 10_000n)
  t.equal(shownThroughput([served(5, 5, 1)], 1_000), 1_000n)
})

const interval = fc
  .tuple(fc.nat(100_000), fc.integer({ min: 100, max: 10_000 }), fc.nat(10_000))
  .map(([startMs, lasts, tokens]) => served(startMs, startMs + lasts, tokens))

t.test(
  'the order of the requests changes nothing, and another one never shows less than its own',
  async () => {
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 20 }), interval, (intervals, more) => {
        const all = [...intervals, more]
        const shown = shownThroughput(all) ?? -1n
        return shown === shownThroughput(all.toReversed()) && shown >= (shownThroughput([more]) ?? 0n)
      }),
      { seed, numRuns: 5_000 },
    )
  },
)

t.test('a capacity counts with the lower of word and evidence', async (t) => {
  t.equal(effectiveCapacity({ reported: 9n, shown: undefined, unprovenMax: 5n }), 5n)
  t.equal(effectiveCapacity({ reported: 3n, shown: undefined, unprovenMax: 5n }), 3n)
  t.equal(effectiveCapacity({ reported: 9n, shown: 7n, unprovenMax: 5n }), 7n)
  t.equal(effectiveCapacity({ reported: 6n, shown: 7n, unprovenMax: 5n }), 6n)
  t.equal(effectiveCapacity({ reported: 6n, shown: 0n, unprovenMax: 5n }), 0n)
})
