import type { Epoch } from '@shardline/core'
import { AssertionFailedError } from '@shardline/core'
import { SEGMENTS_PER_FRAME_MAX } from '@shardline/wire'
import type { HiddenMessage, Message, SessionOpening, SessionStanding } from '@shardline/wire'
import { CLOSES_REMEMBERED_MAX } from '../limits.ts'
import type { PipelineOutput } from '../loop-pipeline.ts'
import type { ReplayBudget } from './replay-budget.ts'
import { replayFrame, rowsBehind, rowsOfFrame } from './replay-frame.ts'
import type { FrameBody, FrameRows } from './replay-frame.ts'
import { SessionRecord } from './session-record.ts'

/** What a {@link NextOutput} is. */
export interface NextOutputInit {
  readonly pipeline: string
  readonly hiddenSize: number
  /** Rows of one frame at the most when rows are sent again. */
  readonly rowsPerFrameMax: number
  readonly budget: ReplayBudget
  /** Called with sessions whose rows the next stage lacks and this one doesn't have any more. */
  readonly onMissing: (sessions: readonly string[]) => void
}

/** A formation's way to the next stage. */
export interface NextFormation {
  readonly outbox: PipelineOutput
  readonly epoch: Epoch
  /** What the next stage answered to `join`. */
  readonly standing: readonly SessionStanding[]
}

/** One session as the output knows it. */
interface SentSession {
  readonly opening: SessionOpening
  readonly record: SessionRecord
  /** Position from which the next stage lacks what is recorded; undefined if it lacks nothing. */
  lackedFrom: number | undefined
  /** Where the next stage stands while it is ahead of this one, which then rebuilds what the next has already. */
  ahead: SessionStanding | undefined
  /** Whether rows that would be needed are gone: the session ends. */
  isLost: boolean
}

/**
 * The way to the next stage, and a record of what was given to it. While there is no way, results are recorded; when
 * there is one again, the next stage's standing tells what it lacks, and that goes first.
 *
 * - suspended: `post` records. `resume` leads to linked.
 * - linked: `post` records and sends; what the next stage lacks of a session goes before that session's new rows.
 *   `suspend` leads to suspended.
 */
export class NextOutput implements PipelineOutput {
  readonly #init: NextOutputInit
  readonly #open = new Map<string, SentSession>()
  /** Sessions that are closed here, and whose last rows and `close` are still to be sent; in order. */
  readonly #closing: SentSession[] = []
  /** Open sessions of which the next stage lacks something, those that lack the least first. */
  readonly #lacking = new Set<SentSession>()
  /** The next stage's sessions that this one doesn't know yet. */
  readonly #ahead = new Map<string, SessionStanding>()
  /** Sessions whose `close` was sent, in case it was lost on the way. */
  readonly #closed = new Set<string>()
  #link: { readonly outbox: PipelineOutput; readonly epoch: Epoch } | undefined

  constructor(init: NextOutputInit) {
    this.#init = init
  }

  /**
   * Whether rows had better wait: the link has no room, or rows gather that can't be sent, and there is little place left
   * for them.
   */
  get isCongested(): boolean {
    if (this.#link?.outbox.isCongested === true) return true
    return this.#init.budget.isTight && (this.#link === undefined || this.#isBehind)
  }

  /** Records a frame, and sends of it what can be sent now and the next stage lacks. */
  post(message: Message): void {
    if (message.kind !== 'hidden') {
      this.#link?.outbox.post(message)
      return
    }
    for (const opening of message.open) this.#begin(opening)
    const rows = rowsOfFrame(message)
    const sendable = rows.map((part) => this.#record(part))
    const close = message.close.filter((session) => this.#end(session))
    if (this.#link === undefined) return
    const isWhole = sendable.every((part, index) => part === rows[index])
    if (isWhole && close.length === message.close.length) {
      this.#link.outbox.post(message)
      return
    }
    const given = sendable.filter((part) => part !== undefined)
    const { open, trace } = message
    if (open.length + given.length + close.length === 0) return
    this.#link.outbox.post({ ...this.#frame({ open, rows: given, close }), trace })
  }

  /** Sends nothing more until {@link resume}. */
  suspend(): void {
    this.#link = undefined
  }

  /** Goes on over `formation`: first everything that its next stage lacks. Returns how many rows that is. */
  resume(formation: NextFormation): number {
    const { outbox, epoch } = formation
    this.#link = { outbox, epoch }
    this.#lacking.clear()
    this.#ahead.clear()
    for (const standing of formation.standing) this.#ahead.set(standing.session, standing)
    const isCloseLost = (session: string): boolean => this.#closed.has(session) && !this.#open.has(session)
    const close = [...this.#ahead.keys()].filter(isCloseLost)
    for (const session of close) this.#ahead.delete(session)
    const lost = this.#compare()
    this.#sendControl('close', close)
    this.#sendControl('open', this.#openings())
    if (lost.length > 0) this.#init.onMissing(lost)
    const lacked = [...this.#lacking, ...this.#closing].reduce((sum, session) => sum + rowsLacked(session), 0)
    this.pump()
    return lacked
  }

  /** Sends of what the next stage lacks as much as the link has room for. */
  pump(): void {
    while (this.#link !== undefined && !this.#link.outbox.isCongested && this.#isBehind) this.#sendLacked()
  }

  /** Forgets everything. */
  clear(): void {
    this.suspend()
    for (const { record } of [...this.#open.values(), ...this.#closing]) record.clear()
    this.#open.clear()
    this.#closing.length = 0
    this.#lacking.clear()
    this.#ahead.clear()
  }

  get #isBehind(): boolean {
    return this.#lacking.size > 0 || this.#closing.length > 0
  }

  #begin(opening: SessionOpening): void {
    const { session } = opening
    // An earlier session of this id that is still to be closed would be taken for this one.
    const before = this.#closing.findIndex((other) => other.opening.session === session)
    if (before >= 0) this.#finish(this.#closing[before])
    this.#open.get(session)?.record.clear()
    this.#open.set(session, {
      opening,
      record: new SessionRecord(this.#init.budget),
      lackedFrom: undefined,
      ahead: this.#ahead.get(session),
      isLost: false,
    })
    this.#ahead.delete(session)
  }

  /** Records rows; returns what of them the next stage can be given now. */
  #record(part: FrameRows): FrameRows | undefined {
    const session = this.#open.get(part.session)
    if (session === undefined) return part
    if (session.isLost) return undefined
    const { turn, position, rows, use } = part
    session.record.add({ turn, position, rows, use, hidden: part.hidden.slice() })
    if (this.#link === undefined) return undefined
    if (session.lackedFrom !== undefined) {
      session.lackedFrom = Math.min(session.lackedFrom, position)
      return undefined
    }
    if (session.ahead === undefined) return part
    if (turn < session.ahead.turn) return undefined
    const needed = turn > session.ahead.turn ? part : rowsBehind(part, session.ahead.length)
    if (needed !== undefined) session.ahead = undefined
    return needed
  }

  /** Ends a session; returns whether its `close` can go now. */
  #end(id: string): boolean {
    const session = this.#open.get(id)
    this.#open.delete(id)
    this.#ahead.delete(id)
    if (session !== undefined && (this.#link === undefined || session.lackedFrom !== undefined)) {
      this.#lacking.delete(session)
      this.#closing.push(session)
      return false
    }
    session?.record.clear()
    if (this.#link !== undefined) this.#rememberClosed(id)
    return this.#link !== undefined
  }

  /** Finds out what the next stage lacks of each session; returns those of which it can't be given. */
  #compare(): readonly string[] {
    const lost: string[] = []
    const lacking: SentSession[] = []
    for (const session of this.#closing) this.#compareOne(session)
    for (const session of this.#open.values()) {
      const wasLost = session.isLost
      this.#compareOne(session)
      if (session.isLost && !wasLost) lost.push(session.opening.session)
      if (session.lackedFrom !== undefined) lacking.push(session)
    }
    for (const session of lacking.toSorted((a, b) => rowsLacked(a) - rowsLacked(b)))
      this.#lacking.add(session)
    for (const session of this.#open.keys()) this.#ahead.delete(session)
    return lost
  }

  #compareOne(session: SentSession): void {
    const standing = this.#ahead.get(session.opening.session)
    const { record } = session
    session.lackedFrom = undefined
    session.ahead = standing !== undefined && record.isBehind(standing) ? standing : undefined
    const from = record.lackedFrom(standing)
    if (session.isLost || from >= record.end) return
    if (from < record.first) this.#lose(session)
    else session.lackedFrom = from
  }

  #lose(session: SentSession): void {
    session.isLost = true
    session.lackedFrom = undefined
    session.record.clear()
    this.#lacking.delete(session)
  }

  /** Openings of all sessions: the next stage takes them where it doesn't know the session, and nothing from them where it does. */
  #openings(): readonly SessionOpening[] {
    const reopened = this.#closing.filter(({ lackedFrom }) => lackedFrom !== undefined)
    return [...reopened, ...this.#open.values()].filter(({ isLost }) => !isLost).map(({ opening }) => opening)
  }

  #sendControl<Kind extends 'open' | 'close'>(
    kind: Kind,
    entries: readonly NonNullable<FrameBody[Kind]>[number][],
  ): void {
    for (let first = 0; first < entries.length; first += SEGMENTS_PER_FRAME_MAX) {
      const some = entries.slice(first, first + SEGMENTS_PER_FRAME_MAX)
      this.#link?.outbox.post(this.#frame({ [kind]: some }))
    }
  }

  /** One frame of what the next stage lacks: of sessions that close first, because others may take their ids. */
  #sendLacked(): void {
    const rows: FrameRows[] = []
    const close: string[] = []
    let left = this.#init.rowsPerFrameMax
    const take = (session: SentSession): boolean => {
      const taken = this.#takeLacked(session, {
        rowsMax: left,
        piecesMax: SEGMENTS_PER_FRAME_MAX - rows.length,
      })
      rows.push(...taken)
      left -= taken.reduce((sum, part) => sum + part.rows, 0)
      return session.lackedFrom === undefined
    }
    while (left > 0 && close.length < SEGMENTS_PER_FRAME_MAX && this.#closing[0] !== undefined) {
      const [session] = this.#closing
      if (!take(session)) break
      close.push(session.opening.session)
      this.#forgetClosing(session)
    }
    for (const session of this.#lacking) {
      if (left === 0 || rows.length === SEGMENTS_PER_FRAME_MAX) break
      if (take(session)) this.#lacking.delete(session)
    }
    if (rows.length + close.length > 0) this.#link?.outbox.post(this.#frame({ rows, close }))
  }

  #takeLacked(
    session: SentSession,
    room: { readonly rowsMax: number; readonly piecesMax: number },
  ): readonly FrameRows[] {
    const { record, lackedFrom } = session
    if (lackedFrom === undefined) return []
    const { session: id } = session.opening
    if (lackedFrom < record.first) {
      this.#lose(session)
      if (this.#open.get(id) === session) this.#init.onMissing([id])
      return []
    }
    const taken = record.rowsFrom(lackedFrom, room)
    const last = taken.at(-1)
    const end = last === undefined ? lackedFrom : last.position + last.rows
    session.lackedFrom = end < record.end ? end : undefined
    return taken.map((rows) => ({ session: id, ...rows }))
  }

  /** Closes a session at once, whatever is left of it. */
  #finish(session: SentSession | undefined): void {
    if (session === undefined) return
    this.#forgetClosing(session)
    this.#link?.outbox.post(this.#frame({ close: [session.opening.session] }))
  }

  #forgetClosing(session: SentSession): void {
    this.#closing.splice(this.#closing.indexOf(session), 1)
    session.record.clear()
    this.#rememberClosed(session.opening.session)
  }

  #rememberClosed(session: string): void {
    this.#closed.delete(session)
    this.#closed.add(session)
    const [oldest] = this.#closed
    if (this.#closed.size > CLOSES_REMEMBERED_MAX && oldest !== undefined) this.#closed.delete(oldest)
  }

  #frame(body: FrameBody): HiddenMessage {
    const { pipeline, hiddenSize } = this.#init
    const epoch = this.#link?.epoch
    if (epoch === undefined)
      throw new AssertionFailedError('frames are made while there is a way to send them')
    return replayFrame({ pipeline, epoch, hiddenSize }, body)
  }
}

function rowsLacked({ record, lackedFrom }: SentSession): number {
  return lackedFrom === undefined ? 0 : record.end - lackedFrom
}
