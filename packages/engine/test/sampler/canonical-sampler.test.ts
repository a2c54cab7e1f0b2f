import { SeededRandom } from '@shardline/core'
import t from 'tap'
import type { PartialSampling, Sampler } from '../../src/sampler/index.ts'
import { createSampler, resolveSampling, SamplerScratch } from '../../src/sampler/index.ts'
import { distributionNaively, drawNaively, logprobNaively } from './naive-reference.ts'
import { testSeed } from './test-seed.ts'

function sampler(options: PartialSampling, vocabularySize: number): Sampler {
  return createSampler(resolveSampling(options, { vocabularySize }), vocabularySize)
}

function randomLogits(random: SeededRandom, size: number): Float32Array {
  const spread = random.float() * 20
  const isCoarse = random.integer(2) === 0
  // Coarse logits have many ties.
  return Float32Array.from({ length: size }, () => {
    const logit = (random.float() - 0.5) * spread
    return isCoarse ? Math.round(logit) : logit
  })
}

function randomOptions(random: SeededRandom, vocabularySize: number): PartialSampling {
  const maybe = <T>(value: T): T | undefined => (random.integer(2) === 0 ? value : undefined)
  const biased = new Map(
    Array.from({ length: random.integer(4) }, () => [
      random.integer(vocabularySize - 1),
      random.integer(3) === 0 ? -Infinity : random.float() * 10 - 5,
    ]),
  )
  return {
    temperature: random.integer(6) === 0 ? 0 : 0.05 + random.float() * 2,
    topK: maybe(1 + random.integer(vocabularySize + 3)),
    topP: maybe(0.01 + random.float() * 0.99),
    minP: maybe(random.float() * 0.5),
    repetitionPenalty: maybe(0.5 + random.float()),
    presencePenalty: maybe(random.float() * 4 - 2),
    frequencyPenalty: maybe(random.float() * 4 - 2),
    logitBias: maybe([...biased]),
    seed: random.integer(1_000_000),
    topLogprobs: random.integer(5),
  }
}

t.test('agrees with a naive full-sort reference on thousands of random cases', (t) => {
  const random = new SeededRandom(testSeed(t))
  let compared = 0
  let closeCalls = 0
  for (let round = 0; round < 1200; round++) {
    const vocabularySize = 2 + random.integer(round % 10 === 0 ? 1500 : 80)
    const options = resolveSampling(randomOptions(random, vocabularySize), { vocabularySize })
    const subject = createSampler(options, vocabularySize)
    const stream = new SeededRandom(options.seed)
    const generated: number[] = []
    for (let step = 0; step < 5; step++) {
      const logits = randomLogits(random, vocabularySize)
      const naive = distributionNaively(logits, options, generated)
      const expected = drawNaively(naive, stream.float())
      const { id, logprob, top } = subject.next(logits)
      generated.push(id)
      if (naive.isCloseCall || expected === undefined) closeCalls++
      else if (id !== expected) t.fail(`round ${round}: chose ${id}, the reference ${expected}`, { options })
      else compared++
      if (Math.abs(logprob - logprobNaively(logits, id)) > 1e-12)
        t.fail(`round ${round}: log-probability is off`)
      const order = [...logits.keys()]
        .sort((a, b) => logits[b]! - logits[a]! || a - b)
        .slice(0, options.topLogprobs)
      if (order.join() !== top.map(([best]) => best).join()) t.fail(`round ${round}: best tokens are off`)
    }
  }
  t.ok(compared > 5800, `${compared} cases agree, ${closeCalls} were too close to call`)
  t.end()
})

t.test('golden: seed, options and logits fix the tokens', (t) => {
  const vocabularySize = 500
  const draws = (options: PartialSampling): readonly number[] => {
    const subject = sampler({ ...options, seed: 42 }, vocabularySize)
    const random = new SeededRandom(1)
    return Array.from({ length: 12 }, () => {
      const logits = Float32Array.from({ length: vocabularySize }, () => (random.integer(2001) - 1000) / 128)
      return subject.next(logits).id
    })
  }
  t.same(draws({ temperature: 0 }), [323, 25, 442, 115, 186, 301, 24, 332, 217, 208, 353, 360])
  t.same(draws({ temperature: 1 }), [205, 3, 355, 328, 432, 352, 400, 104, 217, 274, 87, 176])
  t.same(
    draws({ temperature: 0.7, topK: 40, topP: 0.9, minP: 0.02 }),
    [221, 23, 350, 326, 454, 357, 423, 147, 217, 267, 87, 176],
  )
  t.same(
    draws({ temperature: 1.3, repetitionPenalty: 1.2, presencePenalty: 0.5, topP: 0.95 }),
    [205, 3, 355, 329, 432, 352, 400, 104, 217, 274, 95, 176],
  )
  t.end()
})

t.test('draws follow the softmax that the filters leave', (t) => {
  const seed = testSeed(t)
  const vocabularySize = 60
  const random = new SeededRandom(seed)
  const logits = Float32Array.from({ length: vocabularySize }, () => random.float() * 4)
  // 99.9 % quantiles of chi-square are about f + 3.09 sqrt(2 f) + 4 for f degrees of freedom.
  for (const partial of [
    { topP: 1 },
    { topK: 12 },
    { topP: 0.8 },
    { minP: 0.2 },
    { topK: 30, topP: 0.9, minP: 0.05 },
  ]) {
    const options = resolveSampling({ temperature: 0.9, seed, ...partial }, { vocabularySize })
    const { kept } = distributionNaively(logits, options, [])
    const subject = createSampler(options, vocabularySize)
    const drawCount = 20_000
    const counts = new Float64Array(vocabularySize)
    for (let i = 0; i < drawCount; i++) counts[subject.next(logits).id]! += 1
    let chiSquare = 0
    let inside = 0
    for (const { id, probability } of kept) {
      const expected = probability * drawCount
      chiSquare += (counts[id]! - expected) ** 2 / expected
      inside += counts[id]!
    }
    const freedom = kept.length - 1
    t.equal(inside, drawCount, `${JSON.stringify(partial)}: nothing outside the kept tokens`)
    t.ok(
      chiSquare < freedom + 3.09 * Math.sqrt(2 * freedom) + 4,
      `chi-square ${chiSquare} of ${freedom} degrees`,
    )
  }
  t.end()
})

t.test('the same seed replays, another one differs', (t) => {
  const random = new SeededRandom(testSeed(t))
  const rows = Array.from({ length: 40 }, () => randomLogits(random, 300))
  const run = (seed: number): string => {
    const subject = sampler({ temperature: 1.5, seed }, 300)
    return rows.map((row) => subject.next(row).id).join()
  }
  t.equal(run(5), run(5))
  t.not(run(5), run(6))
  t.end()
})

t.test('goes on alike after a replay at any point', (t) => {
  const random = new SeededRandom(testSeed(t))
  const rows = Array.from({ length: 20 }, () => randomLogits(random, 50))
  const options: PartialSampling = { temperature: 1, frequencyPenalty: 0.7, repetitionPenalty: 1.3, seed: 9 }
  const whole = sampler(options, 50)
  const ids = rows.map((row) => whole.next(row).id)
  for (let cut = 0; cut <= rows.length; cut++) {
    const resumed = sampler(options, 50)
    resumed.replay(ids.slice(0, cut))
    t.same(
      rows.slice(cut).map((row) => resumed.next(row).id),
      ids.slice(cut),
    )
  }
  t.throws(() => whole.replay([50]), { code: 'ENGINE_TOKEN_ID_OUT_OF_RANGE' })
  t.end()
})

t.test('samplers that share a scratch do not disturb each other', (t) => {
  const random = new SeededRandom(testSeed(t))
  const rows = Array.from({ length: 20 }, () => randomLogits(random, 50))
  const options = resolveSampling(
    { temperature: 1, topP: 0.9, presencePenalty: 1, seed: 3 },
    { vocabularySize: 50 },
  )
  const alone = createSampler(options, 50)
  const scratch = new SamplerScratch(50)
  const one = createSampler(options, 50, { scratch })
  const other = createSampler({ ...options, seed: 4 }, 50, { scratch })
  for (const row of rows) {
    other.next(row)
    t.equal(one.next(row).id, alone.next(row).id)
  }
  t.throws(() => createSampler(options, 51, { scratch }), { code: 'ENGINE_LOGITS_SIZE' })
  t.end()
})

t.test('ties go to the lowest id', (t) => {
  const logits = new Float32Array(10).fill(1)
  t.equal(sampler({ temperature: 0 }, 10).next(logits).id, 0)
  t.same(
    sampler({ topLogprobs: 3 }, 10)
      .next(logits)
      .top.map(([id]) => id),
    [0, 1, 2],
  )
  for (const options of [{ topK: 4 }, { topP: 0.35 }]) {
    const subject = sampler({ temperature: 1, ...options }, 10)
    const seen = new Set(Array.from({ length: 200 }, () => subject.next(logits).id))
    t.same(seen, new Set([0, 1, 2, 3]))
  }
  t.end()
})

t.test('greedy takes one number of the stream per token, as every rule does', (t) => {
  const logits = Float32Array.from({ length: 50 }, (_, id) => Math.sin(id))
  const options: PartialSampling = { temperature: 1, seed: 8 }
  const drawn = sampler(options, 50)
  const ids = Array.from({ length: 6 }, () => drawn.next(logits).id)
  const stream = new SeededRandom(8)
  const distribution = distributionNaively(logits, resolveSampling(options, { vocabularySize: 50 }), [])
  t.same(
    ids,
    Array.from({ length: 6 }, () => drawNaively(distribution, stream.float())),
  )
  t.end()
})

t.test('a bias of -Infinity bans a token, a finite one moves it', (t) => {
  const logits = Float32Array.of(5, 4, 3)
  t.equal(sampler({ logitBias: [[0, -Infinity]] }, 3).next(logits).id, 1)
  t.equal(sampler({ logitBias: [[2, 2.5]] }, 3).next(logits).id, 2)
  const banned = sampler(
    {
      temperature: 1,
      logitBias: [
        [0, -Infinity],
        [1, -Infinity],
      ],
    },
    3,
  )
  t.same(new Set(Array.from({ length: 50 }, () => banned.next(logits).id)), new Set([2]))
  t.end()
})

t.test('reports log-probabilities of the unmodified logits', (t) => {
  const logits = Float32Array.of(1, 2, 3)
  const subject = sampler({ temperature: 0.3, topK: 1, logitBias: [[0, 10]], topLogprobs: 2 }, 3)
  const { id, logprob, top } = subject.next(logits)
  t.equal(id, 0)
  t.ok(Math.abs(logprob - logprobNaively(logits, 0)) < 1e-14)
  t.same(
    top.map(([best]) => best),
    [2, 1],
  )
  t.same([...logits], [1, 2, 3], 'the logits are left as they are')
  t.end()
})

t.test('penalties count the generated tokens', (t) => {
  const logits = Float32Array.of(2, 1.5, 1.2, -1)
  const greedy = (options: PartialSampling): readonly number[] => {
    const subject = sampler(options, 4)
    return Array.from({ length: 4 }, () => subject.next(logits).id)
  }
  t.same(greedy({}), [0, 0, 0, 0])
  t.same(greedy({ repetitionPenalty: 1.5 }), [0, 1, 0, 0])
  t.same(greedy({ presencePenalty: 0.6 }), [0, 1, 0, 0])
  t.same(greedy({ frequencyPenalty: 0.6 }), [0, 1, 0, 2])
  t.end()
})

t.test('says which of the tokens are stop tokens', (t) => {
  const subject = sampler({ stopTokenIds: [1] }, 2)
  t.equal(subject.next(Float32Array.of(0, 1)).isStop, true)
  t.equal(subject.next(Float32Array.of(1, 0)).isStop, false)
  t.end()
})

t.test('infinite logits are handled, not multiplied', (t) => {
  const logits = Float32Array.of(0, Infinity, -Infinity, Infinity)
  for (const options of [
    { temperature: 0 },
    { temperature: 0.7 },
    { temperature: 1, topP: 0.4 },
    { temperature: 1, topK: 1 },
  ]) {
    const { id, logprob } = sampler(options, 4).next(logits)
    t.ok(id === 1 || id === 3)
    t.ok(Math.abs(logprob + Math.log(2)) < 1e-15)
  }
  const banned = sampler(
    {
      temperature: 1,
      logitBias: [
        [1, -Infinity],
        [3, -Infinity],
      ],
    },
    4,
  ).next(logits)
  t.same({ id: banned.id, logprob: banned.logprob }, { id: 0, logprob: -Infinity })
  t.end()
})

t.test('refuses rows that nothing can be chosen from', (t) => {
  const nothing = new Float32Array(3).fill(-Infinity)
  for (const temperature of [0, 1]) {
    t.throws(() => sampler({ temperature }, 3).next(Float32Array.of(0, Number.NaN, 1)), {
      code: 'ENGINE_LOGITS_NAN',
    })
    t.throws(() => sampler({ temperature }, 3).next(nothing), { code: 'ENGINE_TOKENS_ALL_BANNED' })
    const logitBias = [0, 1, 2].map((id) => [id, -Infinity] as const)
    t.throws(() => sampler({ temperature, logitBias }, 3).next(new Float32Array(3)), {
      code: 'ENGINE_TOKENS_ALL_BANNED',
    })
  }
  t.throws(() => sampler({}, 3).next(new Float32Array(4)), { code: 'ENGINE_LOGITS_SIZE' })
  t.end()
})

t.test('extreme temperatures lead to the best token and to all tokens alike', (t) => {
  const logits = Float32Array.of(3, 1, 2)
  const cold = sampler({ temperature: 1e-300 }, 3)
  t.same(new Set(Array.from({ length: 30 }, () => cold.next(logits).id)), new Set([0]))
  const hot = sampler({ temperature: 100 }, 3)
  t.equal(new Set(Array.from({ length: 60 }, () => hot.next(logits).id)).size, 3)
  t.end()
})
