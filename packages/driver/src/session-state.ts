import { assert } from '@shardline/core'

/**
 * States of a session, from the driver's view.
 *
 * | state | meaning | entered by | left by |
 * | --- | --- | --- | --- |
 * | `planned` | the validator is told what to do with it | start of a turn | `opened`, `end`, `close`, `fail` |
 * | `prefilling` | rows of the context are still to be sent | `opened` | `prompt-sent`, `end`, `close`, `fail` |
 * | `decoding` | each token that comes back is sent on | `prompt-sent` | `end`, `close`, `fail` |
 * | `resting` | the cache is kept, nobody waits for an answer | creation, `end` | `turn`, `close`, `fail` |
 * | `draining` | its end is on the way through all stages | `close` | `closed`, `fail` |
 * | `done` | every stage has let it go | `closed` | - |
 * | `failed` | a stage, a link or the driver gave it up | `fail` | - |
 */
export type SessionState = 'planned' | 'prefilling' | 'decoding' | 'resting' | 'draining' | 'done' | 'failed'

/** What happens to a session. */
export type SessionEvent = 'turn' | 'opened' | 'prompt-sent' | 'end' | 'close' | 'closed' | 'fail'

const TRANSITIONS: Readonly<Record<SessionState, Partial<Readonly<Record<SessionEvent, SessionState>>>>> =
  Object.freeze({
    planned: { opened: 'prefilling', end: 'resting', close: 'draining', fail: 'failed' },
    prefilling: { 'prompt-sent': 'decoding', end: 'resting', close: 'draining', fail: 'failed' },
    decoding: { end: 'resting', close: 'draining', fail: 'failed' },
    resting: { turn: 'planned', close: 'draining', fail: 'failed' },
    draining: { closed: 'done', fail: 'failed' },
    done: {},
    failed: {},
  })

/** Whether `event` can happen in `state`. */
export function canTransition(state: SessionState, event: SessionEvent): boolean {
  return TRANSITIONS[state][event] !== undefined
}

/**
 * The state after `event`.
 *
 * @throws AssertionFailedError if the event can't happen in this state: a bug of the driver.
 */
export function transition(state: SessionState, event: SessionEvent): SessionState {
  const next = TRANSITIONS[state][event]
  assert(next !== undefined, `a session that is ${state} can't take the event ${event}`)
  return next
}

/** Whether nothing can happen any more. */
export function isOver(state: SessionState): boolean {
  return state === 'done' || state === 'failed'
}
