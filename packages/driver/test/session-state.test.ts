import t from 'tap'
import type { SessionEvent, SessionState } from '../src/session-state.ts'
import { canTransition, isOver, transition } from '../src/session-state.ts'

const STATES: readonly SessionState[] = [
  'planned',
  'prefilling',
  'decoding',
  'resting',
  'draining',
  'done',
  'failed',
]
const EVENTS: readonly SessionEvent[] = ['turn', 'opened', 'prompt-sent', 'end', 'close', 'closed', 'fail']

t.test('a session goes from its first turn to its end', (t) => {
  const path: readonly SessionEvent[] = [
    'turn',
    'opened',
    'prompt-sent',
    'end',
    'turn',
    'opened',
    'prompt-sent',
    'close',
    'closed',
  ]
  let state: SessionState = 'resting'
  const seen = path.map((event) => (state = transition(state, event)))
  t.same(seen, [
    'planned',
    'prefilling',
    'decoding',
    'resting',
    'planned',
    'prefilling',
    'decoding',
    'draining',
    'done',
  ])
  t.end()
})

t.test('every state that is not over can fail, and nothing happens after the end', (t) => {
  for (const state of STATES) {
    t.equal(canTransition(state, 'fail'), !isOver(state), state)
    if (!isOver(state)) continue
    for (const event of EVENTS) t.throws(() => transition(state, event), { code: 'CORE_ASSERTION_FAILED' })
  }
  t.end()
})
