import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { collectCandidates } from '../../src/sampler/candidates.ts'
import { findCut } from '../../src/sampler/find-cut.ts'
import { SamplerScratch } from '../../src/sampler/sampler-scratch.ts'
import { testSeed } from './test-seed.ts'

/** Whole-number weights, so that sums are exact in any order. */
function expectedCut(logits: Float64Array, weights: Float64Array, target: number): number {
  const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b)
  let sum = 0
  for (const id of order) {
    sum += weights[id]!
    if (sum >= target) return id
  }
  return order.at(-1)!
}

t.test('finds the end of the smallest prefix that reaches the target', (t) => {
  const random = new SeededRandom(testSeed(t))
  let wrong = 0
  for (let round = 0; round < 3000; round++) {
    const size = 1 + random.integer(60)
    const scratch = new SamplerScratch(size)
    scratch.logits.set(
      Float64Array.from({ length: size }, () => random.integer(round % 2 === 0 ? 5 : 1_000_000)),
    )
    collectCandidates(scratch)
    scratch.weights.set(Float64Array.from({ length: size }, () => random.integer(4)))
    const weights = scratch.weights.slice()
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const target = 1 + random.integer(total + 2)
    if (findCut(scratch, target) !== expectedCut(scratch.logits, weights, target)) wrong++
  }
  t.equal(wrong, 0)
  t.end()
})

t.test('handles ascending, descending and equal logits', (t) => {
  const size = 5000
  for (const logit of [(i: number) => i, (i: number) => -i, () => 1, (i: number) => Math.min(i, size - i)]) {
    const scratch = new SamplerScratch(size)
    scratch.logits.set(Float64Array.from({ length: size }, (_, i) => logit(i)))
    collectCandidates(scratch)
    scratch.weights.fill(1)
    t.equal(findCut(scratch, 700), expectedCut(scratch.logits, new Float64Array(size).fill(1), 700))
  }
  t.end()
})
