import t from 'tap'
import { median, medianInterval, pairRatios, summarize } from '../src/statistics.ts'

t.test('the median is the middle one, or the mean of the two in the middle, in any order', (t) => {
  t.equal(median([3]), 3)
  t.equal(median([9, 1, 5]), 5)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.equal(median([10, 9, 1]), 9, 'as numbers, not as text')
  t.throws(() => median([]), { code: 'CORE_INVALID_VALUE' })
  t.end()
})

t.test('a summary has the range and the count', (t) => {
  t.same(summarize([3, 1, 2]), { median: 2, least: 1, most: 3, count: 3 })
  t.end()
})

t.test('ratios are taken within a round and left out where one is missing', (t) => {
  const ours = [
    { round: 2, value: 30 },
    { round: 1, value: 10 },
    { round: 3, value: 50 },
  ]
  const theirs = [
    { round: 1, value: 5 },
    { round: 2, value: 10 },
    { round: 4, value: 1 },
  ]
  t.same(pairRatios(ours, theirs), [2, 3])
  t.same(pairRatios(ours, [{ round: 1, value: 0 }]), [])
  t.end()
})

t.test('the interval of the median leaves out what the sign test allows', (t) => {
  const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => count - i)
  t.equal(medianInterval([]), undefined)
  t.equal(medianInterval(upTo(5)), undefined, 'all of 5 lie on one side in one of 16')
  t.same(medianInterval(upTo(6)), { from: 1, to: 6 })
  t.same(medianInterval(upTo(9)), { from: 2, to: 8 })
  t.same(medianInterval(upTo(15)), { from: 4, to: 12 })
  t.same(medianInterval(upTo(100)), { from: 40, to: 61 })
  t.end()
})
