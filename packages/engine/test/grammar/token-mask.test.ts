import { SeededRandom } from '@shardline/core'
import t from 'tap'
import type { GrammarSpec } from '../../src/index.ts'
import { createSampler, GrammarCompiler, resolveSampling, SamplerScratch } from '../../src/index.ts'
import { testSeed } from '../sampler/test-seed.ts'
import {
  jsonSchema,
  smallVocabulary,
  STOP_TOKEN,
  VOCABULARY_SIZE,
  writeDocument,
} from './support/write-document.ts'

const STOPS = new Set([STOP_TOKEN])
const SPECS: readonly GrammarSpec[] = [
  { type: 'json-object' },
  jsonSchema({
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 20, maxLength: 60 },
      value: { enum: ['abc', 'true', 'ü漢'] },
    },
    required: ['name', 'value'],
  }),
  jsonSchema({ type: 'array', items: { type: 'string', pattern: '^[a-e]{1,30}$' }, maxItems: 5 }),
]

/** The vocabulary cut to one token with a text: what the grammar thinks of it can't depend on others. */
function alone(id: number): ConstructorParameters<typeof GrammarCompiler>[0] {
  const { vocabularySize } = smallVocabulary
  return {
    vocabularySize,
    tokenBytes: (other) => (other === id || other < 300 ? smallVocabulary.tokenBytes(other) : undefined),
  }
}

t.test('allows exactly the tokens that the document can go on with', async (t) => {
  const random = new SeededRandom(testSeed(t))
  let allowed = 0
  let refused = 0
  for (const spec of SPECS) {
    const whole = new GrammarCompiler(smallVocabulary).compile(spec).start()
    const ids = Array.from({ length: 8 }, () => 259 + random.integer(VOCABULARY_SIZE - 259 - 5))
    const others = ids.map((id) => ({ id, cursor: new GrammarCompiler(alone(id)).compile(spec).start() }))
    for (let step = 0; step < 120; step++) {
      const logits = new Float64Array(VOCABULARY_SIZE)
      whole.apply(logits, STOPS)
      for (const { id, cursor } of others) {
        const single = new Float64Array(VOCABULARY_SIZE)
        cursor.apply(single, STOPS)
        if (single[id] !== logits[id]) t.fail(`token ${id} at step ${step}`)
        if (logits[id] === 0) allowed++
        else refused++
      }
      const choices = [...logits.keys()].filter((id) => logits[id] === 0 && id >= 3 && id < 259)
      const next = choices[random.integer(choices.length)]
      if (next === undefined) break
      for (const cursor of [whole, ...others.map((other) => other.cursor)]) cursor.accept(next)
    }
  }
  t.ok(allowed > 200 && refused > 200, `${allowed} allowed, ${refused} refused`)
})

t.test('what is kept changes no document', async (t) => {
  const seed = testSeed(t)
  for (const spec of SPECS) {
    const compiler = new GrammarCompiler(smallVocabulary)
    const forgetful = new GrammarCompiler(smallVocabulary, { cacheBytesMax: 5000, grammarsMax: 1 })
    for (let i = 0; i < 5; i++) {
      const fresh = writeDocument(spec, { seed: seed + i, tokensMax: 60 })
      t.same(writeDocument(spec, { seed: seed + i, tokensMax: 60, compiler }), fresh)
      t.same(writeDocument(spec, { seed: seed + i, tokensMax: 60, compiler: forgetful }), fresh)
    }
  }
})

t.test('a grammar is compiled once, as long as it is kept', async (t) => {
  const compiler = new GrammarCompiler(smallVocabulary, { grammarsMax: 2 })
  const [one, two, three] = [1, 2, 3].map((value) => jsonSchema({ const: value }))
  if (one === undefined || two === undefined || three === undefined) return
  const first = compiler.compile(one)
  compiler.compile(two)
  t.equal(compiler.compile(one), first)
  compiler.compile(three)
  t.equal(compiler.compile(one), first, 'the one used longest ago went')
  compiler.compile(two)
  compiler.compile(three)
  t.not(compiler.compile(one), first)
})

t.test('a replaced sampler goes on in the middle of a document', async (t) => {
  const spec = SPECS[1] ?? SPECS[0]
  if (spec === undefined) return
  const grammar = new GrammarCompiler(smallVocabulary).compile(spec)
  const options = resolveSampling(
    { temperature: 1, seed: 11, grammar: spec, stopTokenIds: [STOP_TOKEN] },
    { vocabularySize: VOCABULARY_SIZE },
  )
  const scratch = new SamplerScratch(VOCABULARY_SIZE)
  const random = new SeededRandom(3)
  const rows = Array.from({ length: 40 }, () =>
    Float32Array.from({ length: VOCABULARY_SIZE }, () => random.float() * 5),
  )
  const sampler = createSampler(options, VOCABULARY_SIZE, { grammar, scratch })
  const ids = rows.map((row) => sampler.next(row).id)
  const replaced = createSampler(options, VOCABULARY_SIZE, { grammar, scratch })
  replaced.replay(ids.slice(0, 15))
  t.same(
    rows.slice(15).map((row) => replaced.next(row).id),
    ids.slice(15),
  )
})

t.test(
  'the mask comes after the bias and before the choice, and leaves the reported probabilities alone',
  async (t) => {
    const spec = jsonSchema({ type: 'boolean' })
    const grammar = new GrammarCompiler(smallVocabulary).compile(spec)
    const logits = new Float32Array(VOCABULARY_SIZE)
    logits[50] = 9
    const make = (more: Parameters<typeof resolveSampling>[0]): ReturnType<typeof createSampler> => {
      const partial = { grammar: spec, stopTokenIds: [STOP_TOKEN], topLogprobs: 1, ...more }
      return createSampler(resolveSampling(partial, { vocabularySize: VOCABULARY_SIZE }), VOCABULARY_SIZE, {
        grammar,
      })
    }
    const t0 = 3 + 't'.charCodeAt(0)
    const f0 = 3 + 'f'.charCodeAt(0)
    const chosen = make({
      logitBias: [
        [t0, 1],
        [50, 100],
      ],
    }).next(logits)
    t.equal(chosen.id, t0)
    t.equal(chosen.top[0]?.[0], 50, 'the best token of the model, although it is not allowed')
    const bans = ['t', 'f'].map((letter) => [3 + letter.charCodeAt(0), -Infinity] as const)
    const words = [...Array(VOCABULARY_SIZE).keys()]
      .filter((id) =>
        ['true', 'false'].includes(Buffer.from(smallVocabulary.tokenBytes(id) ?? []).toString()),
      )
      .map((id) => [id, -Infinity] as const)
    t.equal(make({ logitBias: [[f0, 1]] }).next(logits).id, f0)
    const stuck = make({ logitBias: [...bans, ...words] })
    t.throws(() => stuck.next(logits), { code: 'ENGINE_GRAMMAR_STUCK' })
  },
)

t.test('a grammar needs a token that ends the document', async (t) => {
  t.throws(() => resolveSampling({ grammar: { type: 'json-object' } }, { vocabularySize: 9 }), {
    code: 'ENGINE_SAMPLING_OPTION_INVALID',
    option: 'stopTokenIds',
  })
})
