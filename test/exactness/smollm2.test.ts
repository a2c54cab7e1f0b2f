import t from 'tap'
import { skipWithoutModels, testModel } from '../support/test-models.ts'
import { checkMatrix } from './matrix.ts'

const seed = Number(process.env['SEED'] ?? 4)
t.comment(`SEED=${seed}`)

t.test('SmolLM2', { skip: skipWithoutModels }, (t) =>
  checkMatrix(t, {
    model: testModel('smollm2-135m-instruct'),
    precision: 'auto',
    stageCounts: [2, 3],
    chunks: [7, 'all'],
    threads: [1, 2],
    lengths: [63, 67, 130, 258],
    seed,
  }),
)
