import t from 'tap'
import { AnswerStatistics } from '../../src/answer-statistics.ts'
import { chooseStep, restartOf, takeOverOf } from '../../src/repair/recovery.ts'
import type { Recovery } from '../../src/repair/recovery.ts'
import { Session } from '../../src/session.ts'
import type { Turn, TurnResume } from '../../src/turn.ts'

const NOBODY = '0'.repeat(64)

function turnOf(more: Partial<Omit<Turn, 'resume'>> & { readonly at?: Partial<TurnResume> } = {}): Turn {
  const { at, ...rest } = more
  return {
    context: [1, 2, 3],
    use: 'sample',
    statistics: new AnswerStatistics([]),
    isPaused: false,
    trace: undefined,
    isDigestWanted: false,
    isOwed: false,
    onToken: () => true,
    onScores: () => true,
    resume: () => ({ tokenIds: [], position: 2, windows: 0, previous: NOBODY, ...at }),
    isKnown: () => false,
    recheck: () => undefined,
    restage: () => undefined,
    fail: () => undefined,
    ...rest,
  }
}

/** A session whose rows are on their way. */
function running(turn: Turn = turnOf()): Session {
  const session = new Session('s1', 100)
  session.beginTurn(turn)
  session.markOpened()
  session.take(100)
  return session
}

function draining(turn: Turn): Session {
  const session = running(turn)
  session.endTurn()
  session.requestClose()
  return session
}

const workerLost: Recovery = {
  standing: new Map([['s1', { turn: 0, length: 3 }]]),
  isAnew: false,
  isValidatorNew: false,
  isRestaged: true,
}
const validatorLost: Recovery = { ...workerLost, isValidatorNew: true }
const allAnew: Recovery = { ...validatorLost, standing: undefined, isAnew: true }

t.test('a running session goes on, is taken over, or restarts', (t) => {
  t.equal(chooseStep(running(), workerLost, false), 'keep')
  t.equal(chooseStep(running(), validatorLost, false), 'take-over')
  t.equal(chooseStep(running(), workerLost, true), 'restart', 'nobody has its rows')
  t.equal(chooseStep(running(), allAnew, false), 'restart')
  t.equal(chooseStep(running(turnOf({ isDigestWanted: true })), validatorLost, false), 'restart')
  const second = running()
  second.endTurn()
  second.beginTurn(turnOf())
  second.markOpened()
  t.equal(chooseStep(second, validatorLost, false), 'restart', 'its first turn would be sampled again')
  t.equal(chooseStep(second, workerLost, false), 'keep')
  t.end()
})

t.test('a session between turns keeps its cache, or lets it go', (t) => {
  const resting = running()
  resting.endTurn()
  t.equal(chooseStep(resting, workerLost, false), 'keep')
  t.equal(chooseStep(resting, validatorLost, false), 'reset')
  t.equal(chooseStep(resting, allAnew, false), 'reset')
  t.end()
})

t.test('a closing session is closed again as long as something of it is owed', (t) => {
  const owed = turnOf({ isOwed: true })
  t.equal(chooseStep(draining(turnOf()), workerLost, false), 'abandon')
  t.equal(chooseStep(draining(owed), workerLost, false), 'close')
  t.equal(chooseStep(draining(owed), { ...workerLost, standing: new Map() }, false), 'restart')
  t.equal(chooseStep(draining(owed), validatorLost, false), 'restart')
  t.end()
})

t.test('a validator that takes over is told what counts, and nothing of an answer that begins', (t) => {
  t.equal(takeOverOf(running(), turnOf()), null)
  t.equal(restartOf(turnOf()), null)
  const at = { tokenIds: [7, 8], position: 4, windows: 1, previous: 'ab' }
  t.same(takeOverOf(running(), turnOf({ at })), { ...at, turn: 0 })
  t.same(restartOf(turnOf({ at })), { ...at, position: 0, turn: 0 })
  const scored = turnOf({ use: 'score', at: { position: 2 } })
  t.same(takeOverOf(running(), scored), {
    tokenIds: [],
    position: 2,
    windows: 0,
    previous: NOBODY,
    turn: 0,
  })
  t.equal(restartOf(scored), null)
  t.end()
})
