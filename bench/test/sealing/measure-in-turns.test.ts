import t from 'tap'
import { measureInTurns } from '../../src/sealing/measure-in-turns.ts'

t.test('takes both in turns, and leaves the first round out', async (t) => {
  const calls: string[] = []
  const samples = await measureInTurns({
    inClear: 'c',
    sealed: 's',
    cases: [1, 2],
    rounds: 2,
    onRound: (round) => calls.push(`round ${round}`),
    measure: async (subject, what) => calls.push(`${subject}${what}`),
  })
  t.equal(calls.join(' '), 'round 0 c1 s1 c2 s2 round 1 s1 c1 s2 c2 round 2 c1 s1 c2 s2')
  t.equal(samples.length, 8)
  t.match(samples[0], { what: 1, protection: 'sealed', round: 1, frameUs: 7 })
})
