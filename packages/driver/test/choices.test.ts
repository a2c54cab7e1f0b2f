import t from 'tap'
import { choiceRequests } from '../src/index.ts'
import { startToyCluster, toyRequest } from './support/toy-cluster.ts'

const seedsOf = (seed: number, count: number): readonly number[] => {
  const request = toyRequest([1, 2])
  const seeded = { ...request, sampling: { ...request.sampling, seed } }
  return choiceRequests(seeded, { count }).map(({ sampling }) => sampling.seed)
}

t.test('each answer has the next seed, and the highest is followed by 0', async (t) => {
  t.same(seedsOf(7, 3), [7, 8, 9])
  t.same(seedsOf(Number.MAX_SAFE_INTEGER - 1, 4), [2 ** 53 - 2, 2 ** 53 - 1, 0, 1])
})

t.test('refuses counts that are none or too many', async (t) => {
  for (const count of [0, 1.5, -1, 129, Number.NaN])
    t.throws(() => choiceRequests(toyRequest([1]), { count }), { code: 'DRIVER_REQUEST_INVALID' })
  t.throws(() => choiceRequests(toyRequest([1]), { count: 3, choicesMax: 2 }), { message: /1 to 2/ })
})

t.test('several answers run at the same time and each is whole', async (t) => {
  await using cluster = await startToyCluster()
  const requests = choiceRequests(toyRequest([1, 2, 3]), { count: 4 })
  const answers = await Promise.all(requests.map((request) => cluster.pipeline.generate(request).result))
  t.equal(answers.length, 4)
  for (const answer of answers) t.same(answer.tokenIds, answers[0]?.tokenIds, 'a toy stage knows no seeds')
})
