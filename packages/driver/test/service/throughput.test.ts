import { ManualClock } from '@shardline/core'
import t from 'tap'
import { THROUGHPUT_TOKENS_MIN, THROUGHPUT_WINDOW_MS } from '../../src/service/service-limits.ts'
import { Throughput } from '../../src/service/throughput.ts'

t.test('tokens count by the time in which answers run', async (t) => {
  const clock = new ManualClock()
  const throughput = new Throughput(clock)
  const say = (tokens: number, ms: number): void => {
    clock.advance(ms)
    for (let token = 0; token < tokens; token++) throughput.count()
  }
  t.equal(throughput.tokensPerSecond, undefined)
  const end = throughput.begin()
  say(THROUGHPUT_TOKENS_MIN - 1, 500)
  t.equal(throughput.tokensPerSecond, undefined, 'too few to say')
  say(THROUGHPUT_TOKENS_MIN + 1, 500)
  t.equal(throughput.tokensPerSecond, THROUGHPUT_TOKENS_MIN * 2)
  const other = throughput.begin()
  say(THROUGHPUT_TOKENS_MIN * 2, 1_000)
  t.equal(throughput.tokensPerSecond, THROUGHPUT_TOKENS_MIN * 2, 'two at a time are one time')
  end()
  end()
  other()
  clock.advance(1_000_000)
  t.equal(throughput.tokensPerSecond, THROUGHPUT_TOKENS_MIN * 2, 'idle time does not count')
})

t.test('what was long ago counts less and less', async (t) => {
  const clock = new ManualClock()
  const throughput = new Throughput(clock)
  throughput.begin()
  for (let token = 0; token < 10_000; token++) throughput.count()
  clock.advance(THROUGHPUT_WINDOW_MS)
  const before = throughput.tokensPerSecond ?? 0
  clock.advance(THROUGHPUT_WINDOW_MS)
  const after = throughput.tokensPerSecond ?? 0
  t.ok(after > 0 && after < before / 2, `${before}, then ${after}`)
})
