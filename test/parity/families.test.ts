import t from 'tap'
import { readGolden, skipWithoutModels, testModel } from '../support/test-models.ts'
import { openWholeModel } from '../support/whole-model.ts'
import { compareForced } from './check-forced.ts'
import type { ForcedText } from './check-forced.ts'

interface Golden extends ForcedText {
  readonly greedy_prompt_length: number
  readonly greedy_ids: readonly number[]
}

for (const family of ['llama-untied', 'llama3-rope', 'mistral', 'qwen2', 'qwen3']) {
  t.test(
    `${family} in f32 gives the reference's log-probabilities and greedy tokens`,
    { skip: skipWithoutModels },
    async (t) => {
      await using model = await openWholeModel(testModel('families', family), 'f32')
      const golden = readGolden<Golden>('families', `${family}.json`)
      const { worst } = await compareForced(model, golden)
      t.ok(worst < 1e-3, `largest difference ${worst}`)
      const prompt = golden.ids.slice(0, golden.greedy_prompt_length)
      const maxTokens = golden.greedy_ids.length
      t.same(await model.greedy(prompt, { maxTokens, stopIds: [] }), golden.greedy_ids)
    },
  )
}
