import t from 'tap'
import { storyteller } from '../support/test-models.ts'
import { checkMatrix } from './matrix.ts'

const seed = Number(process.env['SEED'] ?? 3)
t.comment(`SEED=${seed}`)

t.test('the bundled model as its file is', (t) =>
  checkMatrix(t, {
    model: storyteller,
    precision: 'auto',
    stageCounts: [1, 2, 3, 4],
    chunks: [1, 7, 64, 'all'],
    threads: [1, 2],
    lengths: [62, 67, 126, 131, 254, 259],
    seed,
  }),
)

for (const precision of ['int4', 'f32'] as const) {
  t.test(`the bundled model as ${precision}`, (t) =>
    checkMatrix(t, {
      model: storyteller,
      precision,
      stageCounts: [1, 3],
      chunks: [7, 'all'],
      threads: [1, 2],
      lengths: [62, 131, 259],
      seed,
    }),
  )
}
