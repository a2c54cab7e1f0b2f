import t from 'tap'
import { ManualClock, TokenBuckets } from '@shardline/core'

t.test('a bucket lets a burst through, then as many as drip in', async (t) => {
  const clock = new ManualClock()
  const buckets = new TokenBuckets({ clock, perSecondMax: 10, burstSecondsMax: 2, namesMax: 100 })
  for (let i = 0; i < 20; i++) t.equal(buckets.take('a'), 0)
  t.equal(buckets.take('a'), 100, 'the next drop comes in a tenth of a second')
  t.equal(buckets.take('b'), 0, 'others have buckets of their own')
  clock.advance(100)
  t.equal(buckets.take('a'), 0)
  t.equal(buckets.take('a'), 100)
  clock.advance(60_000)
  for (let i = 0; i < 20; i++) t.equal(buckets.take('a'), 0)
  t.not(buckets.take('a'), 0, 'a bucket never holds more than its burst')
})

t.test('the table of buckets is bounded, and forgets who was idle longest', async (t) => {
  const clock = new ManualClock()
  const buckets = new TokenBuckets({ clock, perSecondMax: 1, burstSecondsMax: 1, namesMax: 3 })
  for (const name of ['a', 'b', 'c']) buckets.take(name)
  t.not(buckets.take('a'), 0)
  for (let i = 0; i < 1_000; i++) buckets.take(`stranger ${i}`)
  t.equal(buckets.size, 3)
})

t.test('who asks on is remembered, and a bucket of one permission fills evenly', async (t) => {
  const clock = new ManualClock()
  const buckets = new TokenBuckets({ clock, perSecondMax: 3 / 60, burstSecondsMax: 60, namesMax: 2 })
  const takeAll = (): readonly number[] => Array.from({ length: 4 }, () => buckets.take('a'))
  t.same(takeAll(), [0, 0, 0, 20_000])
  clock.advance(20_000)
  t.same([buckets.take('a'), buckets.take('a')], [0, 20_000])
  const rare = new TokenBuckets({ clock, perSecondMax: 1 / 60, burstSecondsMax: 60, namesMax: 2 })
  t.same(
    ['a', 'b', 'a', 'c', 'a', 'b'].map((name) => rare.take(name) === 0),
    [true, true, false, true, false, true],
  )
})
