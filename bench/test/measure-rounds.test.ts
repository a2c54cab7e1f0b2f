import t from 'tap'
import { measureRounds } from '../src/measure-rounds.ts'
import { fakeSubject, workload } from './support/fake-subject.ts'

t.test('warms up, then alternates the subjects within each workload and each round', async (t) => {
  const log: string[] = []
  const answer = () => ({ metrics: { decodeTokensPerSecond: 1 }, stages: [], streams: [] })
  const samples = await measureRounds({
    model: 'm',
    subjects: [fakeSubject('a', log, answer), fakeSubject('b', log, answer)],
    workloads: [workload({ name: 'x' }), workload({ name: 'y' })],
    rounds: 2,
    onStatus: () => undefined,
  })
  t.equal(
    log.join(', '),
    'a x 0, b x 0, a y 0, b y 0, b x 1, a x 1, b y 1, a y 1, a x 2, b x 2, a y 2, b y 2',
  )
  t.equal(samples.length, 8, 'the warm-up does not count')
  t.ok(samples.every(({ round }) => round >= 1))
})

t.test('leaves out what a subject can not do', async (t) => {
  const samples = await measureRounds({
    model: 'm',
    subjects: [fakeSubject('a', [], () => undefined)],
    workloads: [workload()],
    rounds: 3,
    onStatus: () => undefined,
  })
  t.same(samples, [])
})
