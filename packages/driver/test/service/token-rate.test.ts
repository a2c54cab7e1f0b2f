import { ManualClock } from '@shardline/core'
import t from 'tap'
import { TokenRate } from '../../src/service/token-rate.ts'

function count(rate: TokenRate, tokens: number): void {
  for (let token = 0; token < tokens; token++) rate.count()
}

t.test('tokens of the last whole seconds make the rate', async (t) => {
  const clock = new ManualClock(0)
  const rate = new TokenRate(clock)
  for (let second = 0; second < 20; second++) {
    count(rate, 5)
    clock.advance(1_000)
  }
  t.equal(rate.perSecond(10), 5)
  t.equal(rate.perSecond(60), 5, 'no more time is counted than there was')
  t.equal(rate.total, 100)
})

t.test('the second that is not over counts with the next', async (t) => {
  const clock = new ManualClock(0)
  const rate = new TokenRate(clock)
  count(rate, 8)
  t.equal(rate.perSecond(10), 0)
  clock.advance(1_000)
  t.equal(rate.perSecond(10), 8)
})

t.test('what is older than the window is forgotten', async (t) => {
  const clock = new ManualClock(0)
  const rate = new TokenRate(clock)
  count(rate, 60)
  clock.advance(11_000)
  t.equal(rate.perSecond(10), 0)
  t.equal(rate.perSecond(60), 60 / 11)
  clock.advance(60_000)
  t.equal(rate.perSecond(60), 0)
})

t.test('a long silence empties everything', async (t) => {
  const clock = new ManualClock(0)
  const rate = new TokenRate(clock)
  for (let second = 0; second < 61; second++) {
    count(rate, 3)
    clock.advance(1_000)
  }
  t.equal(rate.perSecond(60), 3)
  clock.advance(1_000_000)
  t.equal(rate.perSecond(60), 0)
  count(rate, 2)
  clock.advance(1_000)
  t.equal(rate.perSecond(1), 2)
})
