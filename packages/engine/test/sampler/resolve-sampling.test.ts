import t from 'tap'
import type { PartialSampling, ResolveSamplingInit } from '../../src/sampler/index.ts'
import { resolveSampling, SAMPLING_DEFAULTS, SamplingOptionInvalidError } from '../../src/sampler/index.ts'

const vocabularySize = 100

/** The option that a refusal names; undefined if nothing was refused. */
function refusedOption(
  partial: PartialSampling,
  init: Partial<ResolveSamplingInit> = {},
): string | undefined {
  try {
    resolveSampling(partial, { vocabularySize, ...init })
    return undefined
  } catch (cause) {
    return cause instanceof SamplingOptionInvalidError ? cause.option : String(cause)
  }
}

t.test('open options come from the given defaults, then from the documented ones', (t) => {
  const options = resolveSampling(
    { topK: 3, temperature: undefined },
    { vocabularySize, defaults: { temperature: 0.5, topK: 9 } },
  )
  t.same(options, { ...SAMPLING_DEFAULTS, topK: 3, temperature: 0.5 })
  t.end()
})

t.test('an explicit 0 is not taken for open', (t) => {
  t.equal(
    resolveSampling({ temperature: 0 }, { vocabularySize, defaults: { temperature: 1 } }).temperature,
    0,
  )
  t.end()
})

const refused: readonly (readonly [string, PartialSampling])[] = [
  ['temperature', { temperature: -0.1 }],
  ['temperature', { temperature: Number.NaN }],
  ['temperature', { temperature: 101 }],
  ['topK', { topK: 1.5 }],
  ['topK', { topK: -1 }],
  ['topP', { topP: 0 }],
  ['topP', { topP: 1.01 }],
  ['minP', { minP: -0.1 }],
  ['minP', { minP: 2 }],
  ['repetitionPenalty', { repetitionPenalty: 0 }],
  ['repetitionPenalty', { repetitionPenalty: Infinity }],
  ['presencePenalty', { presencePenalty: 101 }],
  ['frequencyPenalty', { frequencyPenalty: Number.NaN }],
  ['seed', { seed: -1 }],
  ['seed', { seed: 0.5 }],
  ['seed', { seed: 2 ** 53 }],
  ['topLogprobs', { topLogprobs: 257 }],
  ['logitBias', { logitBias: [[100, 1]] }],
  ['logitBias', { logitBias: [[-1, 1]] }],
  ['logitBias', { logitBias: [[1, Infinity]] }],
  ['logitBias', { logitBias: [[1, Number.NaN]] }],
  [
    'logitBias',
    {
      logitBias: [
        [1, 1],
        [1, 2],
      ],
    },
  ],
  ['stopTokenIds', { stopTokenIds: [100] }],
  ['stopTokenIds', { stopTokenIds: [0.5] }],
]

for (const [option, given] of refused) {
  t.test(`refuses ${JSON.stringify(given)} and names ${option}`, (t) => {
    t.equal(refusedOption(given), option)
    t.equal(refusedOption({}, { defaults: given }), option, 'also as a default')
    t.end()
  })
}

t.test('takes the ends of every range', (t) => {
  t.doesNotThrow(() =>
    resolveSampling(
      {
        temperature: 100,
        topP: 1,
        minP: 1,
        seed: 2 ** 53 - 1,
        topK: 1_000_000,
        topLogprobs: 256,
        logitBias: [
          [99, -Infinity],
          [0, 100],
        ],
        stopTokenIds: [0, 99],
      },
      { vocabularySize },
    ),
  )
  t.end()
})

t.test('says what was given and what is allowed', (t) => {
  t.throws(
    () => resolveSampling({ topP: 1.5 }, { vocabularySize }),
    new SamplingOptionInvalidError('topP', '1.5', 'a number above 0 and at most 1'),
  )
  t.end()
})

t.test('limits can be set', (t) => {
  const limits = { logitBiasEntriesMax: 1, stopTokensMax: 1, topLogprobsMax: 1 }
  const twice = [
    [1, 1],
    [2, 1],
  ] as const
  t.equal(refusedOption({ logitBias: twice }, { limits }), 'logitBias')
  t.equal(refusedOption({ stopTokenIds: [1, 2] }, { limits }), 'stopTokenIds')
  t.equal(refusedOption({ topLogprobs: 2 }, { limits }), 'topLogprobs')
  t.end()
})
