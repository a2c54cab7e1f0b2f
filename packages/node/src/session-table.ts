import type { Log, ShardlineError } from '@shardline/core'
import { fromUnknown, sessionId } from '@shardline/core'
import {
  ContextTooLongError,
  PositionUnexpectedError,
  SessionExistsError,
  SessionFullError,
  SessionUnknownError,
} from '@shardline/engine'
import type { HiddenMessage, SessionOpening, SessionStanding } from '@shardline/wire'
import { checkFrame } from './check-frame.ts'
import { HiddenNotFiniteError, SessionsFullError } from './errors.ts'
import { isAllFinite } from './finite-check.ts'
import type { InboxFrame, PipelineInbox } from './pipeline-inbox.ts'
import type { RunEntry } from './run-entry.ts'
import { SessionLane } from './session-lane.ts'
import type { LaneRows } from './session-lane.ts'
import type { ResolvedNodeSettings } from './settings.ts'

/**
 * Lanes of one pipeline, as a multiple of its sessions: room for sessions that failed and whose `close` is on its way.
 */
const LANES_PER_SESSION = 2

/**
 * All sessions of a stage process. Sorts frames into the lanes of their sessions, and judges what comes next in a lane.
 * Everything here happens between runs.
 */
export class SessionTable {
  /** Lanes in which something waits, in order of arrival. */
  readonly ready: Set<SessionLane> = new Set<SessionLane>()
  /** By pipeline, then by session id. */
  readonly #lanes = new Map<PipelineInbox, Map<string, SessionLane>>()
  readonly #log: Log
  readonly #settings: ResolvedNodeSettings
  #openCount = 0
  #keyCount = 0

  constructor(log: Log, settings: ResolvedNodeSettings) {
    this.#log = log
    this.#settings = settings
  }

  /** Sessions open now. */
  get openCount(): number {
    return this.#openCount
  }

  /** Sorts a frame's parts into the lanes of their sessions. What is wrong with it ends the sessions that it names. */
  sort(inbox: PipelineInbox, frame: InboxFrame, message: HiddenMessage): void {
    const error = checkFrame(message, inbox.pipeline.work.hiddenSize)
    if (error === undefined) {
      for (const opening of message.open) {
        this.#laneFor(inbox, opening.session, frame)?.put({ kind: 'open', frame, opening })
      }
      this.#sortSegments(inbox, frame, message)
    } else {
      for (const { session } of [...message.open, ...message.segments]) {
        this.#laneFor(inbox, session, frame)?.put({ kind: 'fail', frame, error })
      }
    }
    for (const session of message.close) this.#laneFor(inbox, session, frame)?.put({ kind: 'close', frame })
    if (message.open.length + message.segments.length + message.close.length === 0) inbox.remove(frame)
  }

  /**
   * Deals with what stands before a lane's next rows: opens, and rows that are refused.
   *
   * @returns the rows that can run now, or undefined if there are none before the next `close`.
   */
  settle(entry: RunEntry): LaneRows | undefined {
    const { lane } = entry
    for (let item = lane.head; item !== undefined && item.kind !== 'close'; item = lane.head) {
      const refusal =
        item.kind === 'rows' ? refusalOf(lane, item) : item.kind === 'fail' ? item.error : undefined
      if (item.kind === 'rows' && refusal === undefined) {
        lane.isRetold = false
        return item
      }
      entry.frames.add(item.frame)
      lane.shift()
      if (item.kind === 'open') this.#open(entry, item.opening)
      else if (refusal !== undefined && lane.state !== 'failed') this.fail(lane, refusal)
    }
    return undefined
  }

  /**
   * How far the sessions of a pipeline came. A failed one is among them: it needs no rows, and who leaves it out would be
   * sent all of them.
   */
  standing(inbox: PipelineInbox): readonly SessionStanding[] {
    return [...this.#lanesOf(inbox).values()]
      .filter(({ state }) => state !== 'new')
      .map(({ id, turn, length }) => ({ session: id, turn, length }))
  }

  /** Forgets what waits in a pipeline's lanes: whoever sent it sends it again to the new formation. */
  forgetWaiting(inbox: PipelineInbox): void {
    const lanes = this.#lanesOf(inbox)
    for (const [id, lane] of lanes) {
      lane.forget()
      lane.isRetold = true
      this.ready.delete(lane)
      if (lane.state === 'new') lanes.delete(id)
    }
  }

  /**
   * Lets a session begin where it came to elsewhere.
   *
   * @throws SessionsFullError.
   */
  resume(inbox: PipelineInbox, { session: id, turn, length }: SessionStanding): void {
    const lanes = this.#lanesOf(inbox)
    const lane = lanes.get(id) ?? this.#addLane(inbox, id)
    if (lane === undefined) throw new SessionsFullError('this pipeline', inbox.pipeline.sessionsMax)
    if (lane.state !== 'open') lane.state = 'resumed'
    lane.turn = turn
    lane.length = length
    lane.isRetold = true
  }

  /** Ends sessions of which the driver was told already. */
  abandon(inbox: PipelineInbox, sessions: readonly string[]): void {
    for (const id of sessions) {
      const lane = this.#lanesOf(inbox).get(id)
      if (lane === undefined) continue
      this.#free(lane)
      lane.state = 'failed'
    }
  }

  /** Ends a session by `error` and tells its driver; its rows are dropped until it is closed. */
  fail(lane: SessionLane, error: ShardlineError): void {
    this.#free(lane)
    lane.state = 'failed'
    this.#reportFailure(lane.inbox, error, [lane.id])
  }

  /** Frees a session whose last frame has left. */
  end(lane: SessionLane): void {
    const wasOpen = lane.state === 'open'
    this.#free(lane)
    lane.reset()
    if (lane.head === undefined) this.#lanesOf(lane.inbox).delete(lane.id)
    if (wasOpen) this.#log.debug('session-closed', { pipeline: lane.pipeline, session: lane.id })
  }

  /** Frees all sessions of a pipeline without a word. */
  drop(inbox: PipelineInbox): number {
    let count = 0
    for (const lane of this.#lanesOf(inbox).values()) {
      if (lane.state === 'open') count += 1
      this.#free(lane)
      this.ready.delete(lane)
    }
    this.#lanes.delete(inbox)
    return count
  }

  #sortSegments(inbox: PipelineInbox, frame: InboxFrame, message: HiddenMessage): void {
    const { hiddenSize, segments, payload } = message
    let offset = 0
    for (const segment of segments) {
      const end = offset + segment.rows * hiddenSize
      const hidden = segments.length === 1 ? payload : payload.subarray(offset, end)
      offset = end
      const lane = this.#laneFor(inbox, segment.session, frame)
      if (lane === undefined) continue
      const { turn, position, rows, use } = segment
      if (this.#settings.isFiniteChecked && !isAllFinite(hidden)) {
        lane.put({ kind: 'fail', frame, error: new HiddenNotFiniteError(lane.id, position) })
      } else lane.put({ kind: 'rows', frame, use, turn, position, rows, hidden })
    }
  }

  #lanesOf(inbox: PipelineInbox): Map<string, SessionLane> {
    const known = this.#lanes.get(inbox)
    if (known !== undefined) return known
    const lanes = new Map<string, SessionLane>()
    this.#lanes.set(inbox, lanes)
    return lanes
  }

  /** The session's lane, marked as having something to do; without room for one the part counts as taken. */
  #laneFor(inbox: PipelineInbox, id: string, frame: InboxFrame): SessionLane | undefined {
    const lanes = this.#lanesOf(inbox)
    const known = lanes.get(id)
    if (known !== undefined) {
      this.ready.add(known)
      return known
    }
    const lane = this.#addLane(inbox, id)
    if (lane === undefined) {
      inbox.take(frame)
      this.#reportFailure(inbox, new SessionsFullError('this pipeline', inbox.pipeline.sessionsMax), [id])
    } else this.ready.add(lane)
    return lane
  }

  /** A new lane; undefined if there is no room for one. */
  #addLane(inbox: PipelineInbox, id: string): SessionLane | undefined {
    const lanes = this.#lanesOf(inbox)
    if (lanes.size >= inbox.pipeline.sessionsMax * LANES_PER_SESSION) return undefined
    this.#keyCount += 1
    const lane = new SessionLane(sessionId(`${this.#keyCount}`), id, inbox)
    lanes.set(id, lane)
    return lane
  }

  #open(entry: RunEntry, opening: SessionOpening): void {
    const { lane } = entry
    const { capacity, isProven } = opening
    const { isRetold } = lane
    lane.isRetold = false
    if (isRetold && lane.state !== 'resumed') return
    try {
      this.#checkOpen(lane, capacity)
      lane.inbox.pipeline.work.open(lane, capacity, isProven)
    } catch (cause) {
      this.fail(lane, fromUnknown(cause))
      return
    }
    if (lane.state !== 'resumed') lane.reset()
    lane.state = 'open'
    lane.capacity = capacity
    this.#openCount += 1
    entry.opened = opening
    this.#log.debug('session-opened', { pipeline: lane.pipeline, session: lane.id, capacity })
  }

  #checkOpen(lane: SessionLane, capacity: number): void {
    const { pipeline } = lane.inbox
    if (lane.state === 'open') throw new SessionExistsError(lane.id)
    const isCount = Number.isSafeInteger(capacity) && capacity >= 1
    if (!isCount || capacity > pipeline.contextLength)
      throw new ContextTooLongError(capacity, pipeline.contextLength)
    const { sessionsOpenMax } = this.#settings
    if (this.#openCount >= sessionsOpenMax) throw new SessionsFullError('this node', sessionsOpenMax)
    let open = 0
    for (const other of this.#lanesOf(lane.inbox).values()) if (other.state === 'open') open += 1
    if (open >= pipeline.sessionsMax) throw new SessionsFullError('this pipeline', pipeline.sessionsMax)
  }

  #free(lane: SessionLane): void {
    if (lane.state !== 'open') return
    lane.state = 'failed'
    this.#openCount -= 1
    try {
      lane.inbox.pipeline.work.close(lane)
    } catch (cause) {
      const error = fromUnknown(cause)
      this.#log.error('session-not-freed', { session: lane.id, code: error.code, reason: error.message })
    }
  }

  #reportFailure(inbox: PipelineInbox, error: ShardlineError, sessions: readonly string[]): void {
    const { pipeline } = inbox
    this.#log.warn('session-failed', {
      pipeline: pipeline.id,
      sessions,
      code: error.code,
      reason: error.message,
    })
    pipeline.report(error, sessions)
  }
}

/** Why these rows can't run now; undefined if they can. */
function refusalOf(lane: SessionLane, item: LaneRows): ShardlineError | undefined {
  const { id: session, length, capacity } = lane
  if (lane.state !== 'open') return new SessionUnknownError(session)
  if (item.position > length) return new PositionUnexpectedError({ session, position: item.position, length })
  const end = item.position + item.rows
  return end > capacity ? new SessionFullError({ session, length: end, capacity }) : undefined
}
