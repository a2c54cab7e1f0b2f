import t from 'tap'
import { skipWithoutModels, testModel } from '../support/test-models.ts'
import { checkMatrix } from './matrix.ts'

const seed = Number(process.env['SEED'] ?? 5)
t.comment(`SEED=${seed}`)

for (const family of ['llama-untied', 'llama3-rope', 'mistral', 'qwen2', 'qwen3']) {
  for (const precision of ['int8', 'f32'] as const) {
    t.test(`${family} as ${precision}`, { skip: skipWithoutModels }, (t) =>
      checkMatrix(t, {
        model: testModel('families', family),
        precision,
        stageCounts: [1, 3],
        chunks: [7, 'all'],
        threads: [1, 2],
        lengths: [63, 130, 258],
        seed,
      }),
    )
  }
}
