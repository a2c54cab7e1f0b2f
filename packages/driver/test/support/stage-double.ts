import type { LayerRange } from '@shardline/core'
import { dialPeer } from '@shardline/node'
import type {
  DescriptionMessage,
  HiddenMessage,
  HiddenSegment,
  Link,
  Listener,
  MeasureMessage,
  Message,
  PlanMessage,
  ReformMessage,
  SessionOpenMessage,
  SessionStanding,
  TraceEntry,
  Transport,
  WireScores,
  WireToken,
} from '@shardline/wire'
import { DoubleRecord } from './double-record.ts'
import type { SegmentRows } from './double-record.ts'
import { TOY_HIDDEN, toyHash, toyLayer, toyLogprob, toyNext, toyOrder } from './toy-model.ts'

/** How a {@link StageDouble} behaves. */
export interface StageDoubleInit {
  readonly address: string
  readonly role: 'worker' | 'validator'
  readonly node?: string
  readonly layerCount: number
  readonly description?: Partial<DescriptionMessage>
  /** Runs between plan and ready; may send progress. */
  readonly onLoad?: (plan: PlanMessage, link: Link) => Promise<void>
  /** Waits before each frame. */
  readonly onFrame?: (frame: HiddenMessage) => Promise<void>
  /** An error for a segment instead of its rows. */
  readonly refuse?: (segment: HiddenSegment) => { readonly isFatal: boolean } | undefined
  /** What it says that a row at this position took; 1 if nothing is given. */
  readonly rowMs?: (position: number) => number
  /** Round trip to the next stage in milliseconds; `'refused'` answers with an error. @default 3 */
  readonly nextRoundTripMs?: number | null | 'refused'
  /** Whether frames are swallowed. */
  readonly isDeaf?: () => boolean
  /** Whether it goes on in another formation when it is told to, and sends again what a next stage lacks. */
  readonly isReforming?: boolean
}

interface DoubleSession {
  capacity: number
  ids: number[]
  /** Of its latest rows. */
  turn: number
}

/**
 * A stage with the real messages and integer arithmetic. It checks what real stages check: sessions are opened before
 * their rows, positions fit, layers come in order, the validator knows a session before its rows arrive.
 */
export class StageDouble {
  readonly node: string
  /** What went wrong by the driver's fault; tests expect none. */
  readonly complaints: string[] = []
  readonly received: Message[] = []
  readonly sessions: Map<string, DoubleSession> = new Map()
  /** Sessions that the validator knows. */
  readonly opened: Map<string, SessionOpenMessage> = new Map()
  frames: number = 0
  rows: number = 0
  releases: number = 0
  /** Rows that it sent again to a next stage. */
  replayed: number = 0
  readonly #transport: Transport
  readonly #init: StageDoubleInit
  #listener: Listener | undefined
  #plan: PlanMessage | undefined
  #driver: Link | undefined
  #next: Link | undefined
  #work: Promise<void> = Promise.resolve()
  readonly #record = new DoubleRecord()
  /** Of the formation that is in force here, and who waits for a later one. */
  #epoch = 0
  #joins: { readonly link: Link; readonly epoch: number }[] = []
  #onStanding: (sessions: readonly SessionStanding[]) => void = () => undefined

  constructor(transport: Transport, init: StageDoubleInit) {
    this.#transport = transport
    this.#init = init
    this.node = init.node ?? init.address
  }

  async start(): Promise<this> {
    this.#listener = await this.#transport.listen(this.#init.address, (link) => void this.#serve(link))
    return this
  }

  get address(): string {
    return this.#listener?.address ?? this.#init.address
  }

  get layers(): LayerRange | undefined {
    return this.#plan?.layers ?? undefined
  }

  get plan(): PlanMessage | undefined {
    return this.#plan
  }

  async stop(): Promise<void> {
    await this.#listener?.close()
    await this.#next?.close('stopped')
  }

  /** Says to the driver that the node leaves. */
  async leave(): Promise<void> {
    await this.#driver?.send({ kind: 'leaving', reason: 'the owner stopped it' })
  }

  /** Sends something to the driver. */
  async tell(message: Message): Promise<void> {
    await this.#driver?.send(message)
  }

  async #serve(link: Link): Promise<void> {
    try {
      for await (const message of link.messages()) {
        this.received.push(message)
        if (message.kind === 'hidden') {
          this.#work = this.#work
            .then(() => this.#take(message))
            .catch((cause: unknown) => this.#complain(String(cause)))
        } else await this.#control(link, message)
      }
    } catch {
      // The test cut the link.
    }
  }

  async #control(link: Link, message: Message): Promise<void> {
    if (message.kind === 'describe') await link.send(this.#describe(message.request))
    if (message.kind === 'plan') void this.#load(link, message).catch(() => undefined)
    if (message.kind === 'release') this.releases += 1
    if (this.#init.isReforming === true) {
      if (message.kind === 'join') this.#join(link, message.epoch)
      if (message.kind === 'reform') void this.#reform(link, message).catch(() => undefined)
    }
    if (message.kind === 'measure') await link.send(this.#measure(message))
    if (message.kind === 'session-open') {
      this.opened.set(message.session, message)
      const { session, resume } = message
      if (resume !== null && this.#init.isReforming === true) {
        const ids = Array.from({ length: resume.position }, () => -1)
        this.sessions.set(session, { capacity: Infinity, ids, turn: resume.turn })
      }
      await link.send({ kind: 'session-opened', request: message.request, session: message.session })
    }
  }

  #measure({ request, pipeline }: MeasureMessage): Message {
    const { nextRoundTripMs = this.#init.role === 'validator' ? null : 3 } = this.#init
    if (nextRoundTripMs !== 'refused') return { kind: 'measured', request, nextRoundTripMs }
    const message = 'refused by the test'
    return {
      kind: 'error',
      code: 'TEST_UNMEASURED',
      message,
      request,
      pipeline,
      sessions: [],
      isFatal: false,
    }
  }

  #describe(request: number): DescriptionMessage {
    return {
      kind: 'description',
      request,
      node: this.node,
      role: this.#init.role,
      software: 'double',
      model: null,
      layers: null,
      precision: 'f32',
      numericClass: 'toy',
      threads: 1,
      memory: { freeBytes: 1e9, residentBytes: 1e6 },
      speed: { decodeMs: 1, prefillMs: 1, layerMs: 0, runMs: 0 },
      pipelines: 0,
      shares: [],
      ...this.#init.description,
    }
  }

  async #load(link: Link, plan: PlanMessage): Promise<void> {
    const { request, pipeline, epoch, layers } = plan
    try {
      await this.#init.onLoad?.(plan, link)
      if (plan.next !== null) {
        const { signal } = new AbortController()
        this.#next = await dialPeer(this.#transport, plan.next, { signal })
        await this.#joinNext(this.#next, { pipeline, epoch })
      }
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      await link.send({
        kind: 'error',
        code: 'TEST_LOAD',
        message,
        request,
        pipeline,
        sessions: [],
        isFatal: false,
      })
      return
    }
    this.#plan = plan
    this.#driver = link
    await link.send({
      kind: 'ready',
      request,
      pipeline,
      epoch,
      layers,
      packedBytes: 10,
      loadMs: 1,
      numericClass: 'toy',
    })
    this.#enter(epoch)
  }

  async #reform(link: Link, { request, pipeline, epoch, next }: ReformMessage): Promise<void> {
    await this.#work
    if (this.#plan === undefined) return
    const isOther = next !== this.#plan.next || this.#next?.closeReason !== undefined
    this.#plan = { ...this.#plan, epoch, next }
    this.#epoch = epoch
    if (next !== null && isOther) {
      await this.#next?.close('another stage comes next')
      this.#next = await dialPeer(this.#transport, next, { signal: new AbortController().signal })
      void this.#readNext(this.#next)
    }
    if (next !== null && this.#next !== undefined) await this.#askStanding(this.#next, { pipeline, epoch })
    this.#enter(epoch)
    await link.send({ kind: 'reformed', request, pipeline, epoch, sessions: this.#standing() })
  }

  /** The formation is in force here: those who joined may send. */
  #enter(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch)
    const joins = this.#joins
    this.#joins = []
    for (const join of joins) this.#join(join.link, join.epoch)
  }

  #join(link: Link, epoch: number): void {
    const { pipeline } = this.#plan ?? {}
    if (pipeline === undefined || epoch > this.#epoch || this.#plan?.epoch !== epoch) {
      this.#joins.push({ link, epoch })
      return
    }
    const standing = { kind: 'standing', pipeline, epoch, sessions: this.#standing() } as const
    link.send(standing).catch(() => undefined)
  }

  #standing(): readonly SessionStanding[] {
    return [...this.sessions].map(([session, { turn, ids }]) => ({ session, turn, length: ids.length }))
  }

  async #joinNext(next: Link, at: { readonly pipeline: string; readonly epoch: number }): Promise<void> {
    if (this.#init.isReforming !== true) {
      await next.send({ kind: 'join', ...at })
      return
    }
    void this.#readNext(next)
    await this.#askStanding(next, at)
  }

  /** Joins the next stage, and sends again what it lacks. */
  async #askStanding(next: Link, at: { readonly pipeline: string; readonly epoch: number }): Promise<void> {
    const answered = new Promise<readonly SessionStanding[]>((resolve) => {
      this.#onStanding = resolve
    })
    await next.send({ kind: 'join', ...at })
    const missing = this.#record.missing(await answered)
    this.replayed += missing.reduce((sum, { segment }) => sum + segment.rows, 0)
    if (missing.length === 0) return
    const open = [...this.sessions].map(([session, { capacity }]) => ({
      session,
      capacity,
      isProven: false,
    }))
    const frame = { kind: 'hidden', ...at, hiddenSize: TOY_HIDDEN, open, close: [] } as const
    await this.#pass({ ...frame, segments: [], trace: [], payload: new Float32Array() }, missing)
  }

  async #readNext(next: Link): Promise<void> {
    try {
      for await (const message of next.messages()) {
        if (message.kind === 'standing') this.#onStanding(message.sessions)
      }
    } catch {
      // The test cut the link.
    }
  }

  async #take(frame: HiddenMessage): Promise<void> {
    await this.#init.onFrame?.(frame)
    if (this.#init.isDeaf?.() === true || frame.epoch < this.#epoch) return
    this.frames += 1
    for (const { session, capacity } of frame.open) {
      const isKnown = this.sessions.has(session)
      // After a replacement all openings come again.
      if (isKnown && this.#init.isReforming === true) continue
      if (isKnown) this.#complain(`session ${session} opened twice`)
      this.sessions.set(session, { capacity, ids: [], turn: 0 })
    }
    const kept: SegmentRows[] = []
    let offset = 0
    for (const segment of frame.segments) {
      const end = offset + segment.rows * TOY_HIDDEN
      const hidden = frame.payload.slice(offset, end)
      offset = end
      if (await this.#runSegment(segment, hidden)) kept.push({ segment, hidden })
    }
    if (offset !== frame.payload.length) this.#complain('the payload does not match the segments')
    const trace = [...frame.trace, this.#trace(kept)]
    for (const rows of kept) this.#record.add(rows)
    for (const session of frame.close) {
      this.sessions.delete(session)
      this.#record.forget(session)
    }
    if (this.#init.role === 'validator') await this.#answer(frame, kept, trace)
    else {
      const lacking = kept.flatMap((rows) => this.#record.lacking(rows) ?? [])
      await this.#pass({ ...frame, trace }, lacking)
    }
  }

  /** Sends a frame on, with these rows. What a cut link doesn't take is sent again in another formation. */
  async #pass(frame: HiddenMessage, rows: readonly SegmentRows[]): Promise<void> {
    const payload = new Float32Array(rows.flatMap(({ hidden }) => [...hidden]))
    try {
      await this.#next?.send({ ...frame, segments: rows.map(({ segment }) => segment), payload })
    } catch (cause) {
      if (this.#init.isReforming !== true) throw cause
    }
  }

  #trace(kept: readonly SegmentRows[]): TraceEntry {
    const layers = this.#plan?.layers ?? null
    const rowMs = this.#init.rowMs ?? (() => 1)
    let rows = 0
    let computeMs = 0
    for (const { segment } of kept) {
      rows += segment.rows
      computeMs += segment.rows * rowMs(segment.position)
    }
    return { node: this.node, layers, rows, queueMs: 0.25, computeMs, totalMs: computeMs + 0.5 }
  }

  async #runSegment(segment: HiddenSegment, hidden: Float32Array): Promise<boolean> {
    const state = this.sessions.get(segment.session)
    const refusal = this.#init.refuse?.(segment)
    if (refusal !== undefined) {
      this.sessions.delete(segment.session)
      const { pipeline } = this.#plan ?? { pipeline: null }
      const sessions = [segment.session]
      const failure = {
        code: 'TEST_REFUSED',
        message: 'refused by the test',
        request: null,
        pipeline,
        sessions,
      }
      await this.#driver?.send({ kind: 'error', ...failure, isFatal: refusal.isFatal })
      return false
    }
    if (state === undefined) return false
    if (segment.position > state.ids.length)
      this.#complain(`${segment.session}: gap before ${segment.position}`)
    if (segment.position + segment.rows > state.capacity)
      this.#complain(`${segment.session}: over its capacity`)
    state.ids.length = Math.min(state.ids.length, segment.position)
    state.turn = segment.turn
    for (let i = 0; i < segment.rows; i++) {
      const row = hidden.subarray(i * TOY_HIDDEN, (i + 1) * TOY_HIDDEN)
      state.ids.push(row[0] ?? -1)
      this.rows += 1
      this.#runRow(row, state.ids)
    }
    return true
  }

  #runRow(row: Float32Array, ids: readonly number[]): void {
    if (this.#init.role === 'validator') {
      if (row[2] !== toyOrder(this.#init.layerCount)) this.#complain('layers ran out of order')
      return
    }
    const { first, count } = this.layers ?? { first: 0, count: 0 }
    for (let layer = first; layer < first + count; layer++) toyLayer(row, layer, toyHash(ids))
  }

  async #answer(
    frame: HiddenMessage,
    kept: readonly SegmentRows[],
    trace: readonly TraceEntry[],
  ): Promise<void> {
    const tokens: WireToken[] = []
    const scores: WireScores[] = []
    for (const { segment, hidden } of kept) {
      const opening = this.opened.get(segment.session)
      if (opening === undefined) this.#complain(`rows of ${segment.session} before its opening`)
      else if (segment.use === 'sample') tokens.push(sample(segment, hidden, opening))
      else if (segment.use === 'score') scores.push(score(segment, hidden, opening))
    }
    const { pipeline, epoch } = frame
    if (kept.length > 0) await this.#driver?.send({ kind: 'tokens', pipeline, epoch, tokens, scores, trace })
    for (const session of frame.close) {
      const digest = this.opened.get(session)?.isDigestWanted === true ? `digest of ${session}` : null
      this.opened.delete(session)
      await this.#driver?.send({ kind: 'session-closed', pipeline, session, digest, rows: 1, window: null })
    }
  }

  #complain(what: string): void {
    this.complaints.push(`${this.node}: ${what}`)
  }
}

function sample(segment: HiddenSegment, hidden: Float32Array, opening: SessionOpenMessage): WireToken {
  const row = hidden.subarray(-TOY_HIDDEN)
  const id = toyNext(row)
  const isStop = opening.sampling.stopTokenIds.includes(id)
  const top = [[id, toyLogprob(row, id)]] as const
  return {
    session: segment.session,
    position: segment.position + segment.rows,
    id,
    logprob: toyLogprob(row, id),
    top: opening.sampling.topLogprobs > 0 ? top : [],
    isStop,
    window: null,
  }
}

function score(segment: HiddenSegment, hidden: Float32Array, opening: SessionOpenMessage): WireScores {
  const logprobs: number[] = []
  const topIds: number[][] = []
  const topLogprobs: number[][] = []
  for (let i = 0; i < segment.rows; i++) {
    const row = hidden.subarray(i * TOY_HIDDEN, (i + 1) * TOY_HIDDEN)
    const target = opening.score?.targets[segment.position + i]
    if (target !== undefined) logprobs.push(toyLogprob(row, target))
    const best = toyNext(row)
    topIds.push((opening.score?.top ?? 0) > 0 ? [best] : [])
    topLogprobs.push((opening.score?.top ?? 0) > 0 ? [toyLogprob(row, best)] : [])
  }
  return { session: segment.session, position: segment.position, logprobs, topIds, topLogprobs }
}
