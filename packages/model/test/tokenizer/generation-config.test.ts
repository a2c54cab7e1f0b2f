import t from 'tap'
import { readGenerationConfig } from '../../src/tokenizer/generation-config.ts'

t.test('reads what the file suggests', async (t) => {
  const text = JSON.stringify({
    bos_token_id: 0,
    eos_token_id: [1, 7],
    max_new_tokens: 320,
    do_sample: true,
    temperature: 0.7,
    top_p: 0.95,
  })
  t.same(readGenerationConfig(text), {
    suggestedSampling: { temperature: 0.7, topP: 0.95, maxTokens: 320 },
    bosTokenId: 0,
    eosTokenIds: [1, 7],
  })
  t.same(readGenerationConfig('{"eos_token_id":2}').eosTokenIds, [2])
})

t.test('no sampling means greedy', async (t) => {
  const { suggestedSampling } = readGenerationConfig('{"do_sample":false,"temperature":0.7,"top_p":0.9}')
  t.equal(suggestedSampling.temperature, 0)
  t.equal(suggestedSampling.topP, undefined)
})

t.test('without a file, or with nonsense in it, nothing is suggested', async (t) => {
  const nothing = {
    suggestedSampling: { temperature: undefined, topP: undefined, maxTokens: undefined },
    bosTokenId: undefined,
    eosTokenIds: [],
  }
  t.same(readGenerationConfig(undefined), nothing)
  t.same(
    readGenerationConfig(
      '{"temperature":"hot","top_p":7,"max_new_tokens":-1,"eos_token_id":["x",0.5],"bos_token_id":null}',
    ),
    nothing,
  )
  for (const text of ['{', '[]', 'null', '"x"'])
    t.throws(() => readGenerationConfig(text), { code: 'MODEL_JSON_INVALID' })
})
