import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import t from 'tap'
import type { AnswerResult } from '@shardline/driver'
import type { GrammarSpec } from '@shardline/engine'
import { resolveSampling } from '@shardline/engine'
import { ANSWER_SCHEMAS } from '../support/answer-schemas.ts'
import type { MemoryCluster } from '../support/memory-cluster.ts'
import { startMemoryCluster } from '../support/memory-cluster.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const ajv = new Ajv2020({ strict: false })
formatsPlugin.default(ajv)

/** Recursive schemas end by the model's choice, so these answers are always the same ones. */
const SEED = 7

function ask(
  cluster: MemoryCluster,
  grammar: GrammarSpec,
  more: { readonly maxTokens?: number; readonly temperature?: number } = {},
): Promise<AnswerResult> {
  const { vocabularySize, eosTokenIds } = cluster.checkpoint.config
  const { temperature = 0.7, maxTokens = 700 } = more
  const sampling = { temperature, seed: SEED, grammar, stopTokenIds: eosTokenIds }
  return cluster.pipeline.generate({
    promptTokenIds: cluster.encode('Tell me about a fox and a key.'),
    maxTokens,
    sampling: resolveSampling(sampling, { vocabularySize }),
    stopStrings: [],
    isDigestWanted: true,
    signal: undefined,
  }).result
}

const specOf = (schema: unknown): GrammarSpec => ({ type: 'json-schema', schema: JSON.stringify(schema) })

t.test('answers match their schema, and are the same over one worker and over three', async (t) => {
  const cacheFolder = sharedCacheFolder()
  const seen: (readonly (readonly [string, string | undefined])[])[] = []
  for (const workers of [1, 3]) {
    await using cluster = await startMemoryCluster(cacheFolder, workers)
    // All at the same time: grammars of several sessions run in the same batches.
    const answers = await Promise.all(ANSWER_SCHEMAS.map(({ schema }) => ask(cluster, specOf(schema))))
    for (const [index, { name, schema }] of ANSWER_SCHEMAS.entries()) {
      const { text = '', finishReason } = answers[index] ?? {}
      t.equal(finishReason, 'stop', `${name} ends: ${text}`)
      const validate = ajv.compile(schema)
      const value: unknown = JSON.parse(text)
      t.ok(validate(value), `${name}: ${text} ${ajv.errorsText(validate.errors)}`)
    }
    seen.push(answers.map(({ text, digest }) => [text, digest]))
  }
  t.same(seen[1], seen[0], 'texts and logits')
})

t.test('a greedy answer has the schema too, and one without room ends by its length', async (t) => {
  await using cluster = await startMemoryCluster(sharedCacheFolder(), 1)
  const schema = {
    type: 'object',
    properties: { title: { type: 'string', maxLength: 30 } },
    required: ['title'],
  }
  const whole = await ask(cluster, specOf(schema), { temperature: 0 })
  t.equal(whole.finishReason, 'stop')
  t.ok(ajv.validate(schema, JSON.parse(whole.text)), whole.text)
  const cut = await ask(cluster, specOf(schema), { temperature: 0, maxTokens: 4 })
  t.equal(cut.finishReason, 'length')
  t.ok(whole.text.startsWith(cut.text), cut.text)
  const object = await ask(cluster, { type: 'json-object' }, { maxTokens: 20 })
  t.match(object.text, /^\{/)
})

t.test('a schema that can not be kept fails its answer alone', async (t) => {
  await using cluster = await startMemoryCluster(sharedCacheFolder(), 1)
  const wrong = ask(cluster, specOf({ type: 'object', patternProperties: { '^a': {} } }))
  await t.rejects(wrong, { message: /patternProperties.*ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED/s })
  t.equal((await ask(cluster, specOf({ const: 'still here' }))).text, '"still here"')
})
