import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import t from 'tap'
import { ANSWER_SCHEMAS } from '../support/answer-schemas.ts'
import { startServedCluster } from '../support/served-cluster.ts'

const ajv = new Ajv2020({ strict: false })
formatsPlugin.default(ajv)

const ask = {
  model: 'storyteller',
  // Recursive schemas end by the model's choice, so these answers are always the same ones.
  messages: [{ role: 'user' as const, content: 'Tell me about a fox and a key.' }],
  temperature: 0.7,
  seed: 4,
}

t.test('answers match their schemas, and JSON mode gives objects', async (t) => {
  await using served = await startServedCluster()
  t.ok(ANSWER_SCHEMAS.length >= 20)
  const textOf = async (more: object): Promise<string> => {
    const { choices } = await served.openai.chat.completions.create({ ...ask, max_tokens: 700, ...more })
    return choices[0]?.message.content ?? ''
  }
  await Promise.all(
    ANSWER_SCHEMAS.map(async ({ name, schema }) => {
      const format = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } }
      const text = await textOf({ response_format: format })
      const validate = ajv.compile(schema)
      t.ok(validate(JSON.parse(text)), `${name}: ${text} ${ajv.errorsText(validate.errors)}`)
    }),
  )
  t.match(await textOf({ response_format: { type: 'json_object' }, max_tokens: 30 }), /^\{/)
})
