import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { createSampler, GrammarCompiler, resolveSampling, SamplerScratch } from '../../src/index.ts'
import type { GrammarSpec, PartialSampling } from '../../src/index.ts'
import {
  jsonSchema,
  smallVocabulary,
  STOP_TOKEN,
  VOCABULARY_SIZE,
} from '../grammar/support/write-document.ts'
import { testSeed } from './test-seed.ts'

const ANSWERS = 24
const TOKENS_MAX = 24

const GRAMMARS: readonly GrammarSpec[] = [
  { type: 'json-object' },
  jsonSchema({ type: 'array', items: { enum: ['abc', 1, true] }, minItems: 3, maxItems: 9 }),
  jsonSchema({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }),
]

function randomOptions(random: SeededRandom): PartialSampling {
  const maybe = <T>(value: T): { readonly value?: T } => (random.integer(2) === 0 ? { value } : {})
  const pick = <K extends string, T>(name: K, value: T): Partial<Record<K, T>> => {
    const { value: taken } = maybe(value)
    return (taken === undefined ? {} : { [name]: taken }) as Partial<Record<K, T>>
  }
  const grammar = GRAMMARS[random.integer(2 * GRAMMARS.length)]
  return {
    temperature: random.integer(5) === 0 ? 0 : 0.2 + random.float() * 2,
    seed: random.integer(1_000_000),
    stopTokenIds: [STOP_TOKEN],
    topLogprobs: random.integer(4),
    ...pick('topK', 1 + random.integer(200)),
    ...pick('topP', 0.1 + random.float() * 0.9),
    ...pick('minP', random.float() * 0.2),
    ...pick('repetitionPenalty', 0.5 + random.float()),
    ...pick('presencePenalty', random.float() * 4 - 2),
    ...pick('frequencyPenalty', random.float() * 4 - 2),
    ...pick('logitBias', [[random.integer(VOCABULARY_SIZE), random.float() * 4 - 2] as const]),
    ...(grammar === undefined ? {} : { grammar }),
  }
}

t.test('a sampler that replays any part of an answer goes on with the same tokens', async (t) => {
  const random = new SeededRandom(testSeed(t))
  const compiler = new GrammarCompiler(smallVocabulary)
  const scratch = new SamplerScratch(VOCABULARY_SIZE)
  for (let answer = 0; answer < ANSWERS; answer++) {
    const options = resolveSampling(randomOptions(random), { vocabularySize: VOCABULARY_SIZE })
    const make = (): ReturnType<typeof createSampler> => {
      const grammar = options.grammar === null ? undefined : compiler.compile(options.grammar)
      return createSampler(options, VOCABULARY_SIZE, { grammar, scratch })
    }
    const rows = Array.from({ length: TOKENS_MAX }, () =>
      Float32Array.from({ length: VOCABULARY_SIZE }, () => random.float() * 8),
    )
    const whole = make()
    const tokens: ReturnType<typeof whole.next>[] = []
    for (const row of rows) {
      tokens.push(whole.next(row))
      if (tokens.at(-1)?.isStop === true) break
    }
    const cut = random.integer(tokens.length)
    const resumed = make()
    resumed.replay(tokens.slice(0, cut).map(({ id }) => id))
    t.same(
      rows.slice(cut, tokens.length).map((row) => resumed.next(row)),
      tokens.slice(cut),
      `cut at ${cut} of ${tokens.length}: ${JSON.stringify(options)}`,
    )
  }
})
