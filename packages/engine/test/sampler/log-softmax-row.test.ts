import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { logSoftmaxRow } from '../../src/sampler/index.ts'
import { logprobNaively } from './naive-reference.ts'
import { testSeed } from './test-seed.ts'

t.test('gives the log-probabilities of targets and of the best tokens', (t) => {
  const random = new SeededRandom(testSeed(t))
  const logits = Float32Array.from({ length: 5000 }, () => random.float() * 30 - 15)
  const { logprobs, top } = logSoftmaxRow(logits, [0, 17, 4999], 8)
  for (const [i, id] of [0, 17, 4999].entries()) {
    t.ok(Math.abs(logprobs[i]! - logprobNaively(logits, id)) < 1e-12)
  }
  const expected = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, 8)
  t.same(
    top.map(([id]) => id),
    expected,
  )
  for (const [id, logprob] of top) t.equal(logprob, logSoftmaxRow(logits, [id], 0).logprobs[0])
  t.end()
})

t.test('probabilities add up to 1', (t) => {
  const logits = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i) * 9)
  const { top } = logSoftmaxRow(logits, [], 1000)
  t.equal(top.length, 300)
  t.ok(Math.abs(top.reduce((sum, [, logprob]) => sum + Math.exp(logprob), 0) - 1) < 1e-12)
  t.end()
})

t.test('huge logits do not overflow', (t) => {
  const { logprobs } = logSoftmaxRow(Float32Array.of(3e38, 3e38, -3e38), [0, 1, 2], 0)
  t.ok(Math.abs(logprobs[0]! + Math.log(2)) < 1e-15)
  t.ok(logprobs[2]! < -1e38)
  t.end()
})

t.test('refuses targets outside the vocabulary and unusable rows', (t) => {
  for (const id of [-1, 3, 0.5]) {
    t.throws(() => logSoftmaxRow(new Float32Array(3), [id], 0), { code: 'ENGINE_TOKEN_ID_OUT_OF_RANGE' })
  }
  t.throws(() => logSoftmaxRow(Float32Array.of(1, Number.NaN), [0], 0), { code: 'ENGINE_LOGITS_NAN' })
  t.throws(() => logSoftmaxRow(Float32Array.of(-Infinity), [0], 0), { code: 'ENGINE_TOKENS_ALL_BANNED' })
  t.end()
})
