import t from 'tap'
import { readGolden, skipWithoutModels, storyteller, testModel } from '../support/test-models.ts'
import { openWholeModel } from '../support/whole-model.ts'
import { compareForced } from './check-forced.ts'
import type { ForcedText } from './check-forced.ts'

interface Golden {
  readonly chat: readonly {
    readonly prompt: string
    readonly prompt_ids: readonly number[]
    readonly greedy_ids: readonly number[]
  }[]
  readonly forced: ForcedText
}

const MODELS = [
  { name: 'the bundled model', reference: storyteller, golden: 'storyteller.json' },
  {
    name: 'SmolLM2',
    reference: testModel('smollm2-135m-instruct'),
    golden: 'smollm2-135m-instruct-q4_1.json',
  },
]

for (const { name, reference, golden } of MODELS) {
  t.test(
    `${name} in f32 gives the reference's greedy answers and log-probabilities`,
    { skip: skipWithoutModels },
    async (t) => {
      await using model = await openWholeModel(reference, 'f32')
      const { chat, forced } = readGolden<Golden>(golden)
      const { worst, meanNll } = await compareForced(model, forced)
      t.ok(worst < 1e-3, `largest difference ${worst}`)
      t.ok(Math.abs(meanNll - forced.mean_nll) < 1e-4, `mean NLL ${meanNll}, reference ${forced.mean_nll}`)
      const stopIds = model.checkpoint.config.eosTokenIds
      for (const { prompt, prompt_ids, greedy_ids } of chat) {
        const hasEnd = stopIds.includes(greedy_ids.at(-1) ?? -1)
        const expected = hasEnd ? greedy_ids.slice(0, -1) : greedy_ids
        const maxTokens = hasEnd ? greedy_ids.length + 8 : greedy_ids.length
        t.same(await model.greedy(prompt_ids, { maxTokens, stopIds }), expected, prompt)
      }
    },
  )

  t.test(
    `${name} as it is run by default stays within 1 % of the NLL and agrees on 97 % of the tokens`,
    { skip: skipWithoutModels },
    async (t) => {
      await using model = await openWholeModel(reference, 'auto')
      const { forced } = readGolden<Golden>(golden)
      const { meanNll, topShare } = await compareForced(model, forced)
      t.ok(
        Math.abs(meanNll / forced.mean_nll - 1) < 0.01,
        `mean NLL ${meanNll}, reference ${forced.mean_nll}`,
      )
      t.ok(topShare >= 0.97, `${topShare} of the tokens agree`)
    },
  )

  t.test(
    `${name}'s tokenizer and chat template give the reference's ids`,
    { skip: skipWithoutModels },
    async (t) => {
      await using model = await openWholeModel(reference, 'auto')
      const { chat } = readGolden<Golden>(golden)
      const tokenizer = await model.checkpoint.tokenizer()
      const template = model.checkpoint.chatTemplate()
      for (const { prompt, prompt_ids } of chat) {
        const text = template?.render([{ role: 'user', content: prompt }]) ?? ''
        t.same(tokenizer.encode(text), prompt_ids, prompt)
      }
    },
  )
}
