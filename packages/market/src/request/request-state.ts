/**
 * Where a request stands.
 *
 * | state     | means                                                                                         |
 * | --------- | --------------------------------------------------------------------------------------------- |
 * | QUOTED    | its price is locked and its escrow is held, or about to be; the sealed prompt has not come     |
 * | PENDING   | waits for its driver                                                                          |
 * | CLAIMED   | its driver has a lease, and forms the pipeline                                                |
 * | RUNNING   | its driver named the participants and reports progress; names others when one was replaced    |
 * | DELIVERED | its driver says that the answer is out; waits for the user's acknowledgement                  |
 * | COMPLETED | billed: final                                                                                 |
 * | FAILED    | attempts used up, given up by its driver, deadline passed, or proof rejected: final           |
 * | CANCELLED | taken back by the user: final                                                                 |
 * | EXPIRED   | nobody took it in time, or its prompt never came: final                                       |
 * | REFUSED   | its escrow could not be held: final                                                           |
 */
export const REQUEST_STATES = [
  'QUOTED',
  'PENDING',
  'CLAIMED',
  'RUNNING',
  'DELIVERED',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
  'REFUSED',
] as const

/** One of {@link REQUEST_STATES}. */
export type RequestState = (typeof REQUEST_STATES)[number]

/** What can happen to a request. */
export const REQUEST_EVENTS = [
  'refuse',
  'submit',
  'claim',
  'start',
  'progress',
  'deliver',
  'settle',
  'requeue',
  'give-up',
  'fail',
  'cancel',
  'expire',
] as const

/** One of {@link REQUEST_EVENTS}. */
export type RequestEvent = (typeof REQUEST_EVENTS)[number]

/** The life of a request, as data: from each state, the events that may happen and where they lead. All else is refused. */
export const TRANSITIONS: Readonly<
  Record<RequestState, Readonly<Partial<Record<RequestEvent, RequestState>>>>
> = {
  QUOTED: { refuse: 'REFUSED', submit: 'PENDING', cancel: 'CANCELLED', expire: 'EXPIRED' },
  PENDING: { claim: 'CLAIMED', cancel: 'CANCELLED', expire: 'EXPIRED' },
  CLAIMED: { start: 'RUNNING', requeue: 'PENDING', 'give-up': 'FAILED', fail: 'FAILED' },
  RUNNING: {
    start: 'RUNNING',
    progress: 'RUNNING',
    deliver: 'DELIVERED',
    requeue: 'PENDING',
    'give-up': 'FAILED',
    fail: 'FAILED',
  },
  DELIVERED: { settle: 'COMPLETED', fail: 'FAILED' },
  COMPLETED: {},
  FAILED: {},
  CANCELLED: {},
  EXPIRED: {},
  REFUSED: {},
}

/** Where an event leads, or undefined if it can't happen in that state. */
export function nextState(state: RequestState, event: RequestEvent): RequestState | undefined {
  return TRANSITIONS[state][event]
}

/** Whether nothing can happen to a request in that state any more. */
export function isFinal(state: RequestState): boolean {
  return Object.keys(TRANSITIONS[state]).length === 0
}

/** Whether a request in that state counts as demand (economy: PENDING + CLAIMED + RUNNING). */
export function isDemand(state: RequestState): boolean {
  return state === 'PENDING' || state === 'CLAIMED' || state === 'RUNNING'
}
