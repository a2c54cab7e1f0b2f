import type { Clock, Log, Milliseconds, ShardlineError } from '@shardline/core'
import { fromUnknown, Mailbox } from '@shardline/core'
import type { HiddenMessage, SessionStanding } from '@shardline/wire'
import { formRun } from './form-run.ts'
import type { FormedRun } from './form-run.ts'
import { gatherRows } from './gather-rows.ts'
import type { LoopPipeline } from './loop-pipeline.ts'
import { PipelineInbox } from './pipeline-inbox.ts'
import type { InboxFrame } from './pipeline-inbox.ts'
import type { RunEntry } from './run-entry.ts'
import { SessionTable } from './session-table.ts'
import type { ResolvedNodeSettings } from './settings.ts'
import type { ComposeMessages, RunResult, StageWork, WorkPart } from './stage-work.ts'
import { joinTraces, traceEntry } from './trace.ts'

/** What a {@link StageLoop} works with. */
export interface StageLoopComponents {
  readonly clock: Clock
  readonly log: Log
}

/** What a {@link StageLoop} is. */
export interface StageLoopInit {
  /** Node id, for traces. */
  readonly node: string
  readonly settings: ResolvedNodeSettings
}

/** What a {@link StageLoop} has done since it was made. */
export interface StageLoopCounters {
  readonly framesIn: number
  readonly framesOut: number
  readonly runs: number
  readonly rows: number
  readonly sessionsOpen: number
}

type LoopEntry =
  | {
      readonly kind: 'frame'
      readonly inbox: PipelineInbox
      readonly frame: InboxFrame
      readonly message: HiddenMessage
    }
  | { readonly kind: 'drop'; readonly pipeline: LoopPipeline; readonly done: (sessions: number) => void }
  | { readonly kind: 'wake' }

/** A run that is over, as the frames that come of it see it. */
interface DoneRun {
  readonly result: RunResult
  readonly startedMs: Milliseconds
  readonly endedMs: Milliseconds
}

/** Entries of the mailbox beside frames, per pipeline: a frame that each of two links may bring above the limit, and a drop. */
const SPARE_ENTRIES_PER_PIPELINE = 4

/**
 * The one loop of a stage process: takes all that is ready, runs it as one batch, sends on, again.
 *
 * Socket handlers only put. While a run computes, frames for the next one gather. A long segment is cut at the row budget,
 * so that its first piece goes to the next stage while its second computes.
 */
export class StageLoop {
  readonly #components: StageLoopComponents
  readonly #init: StageLoopInit
  readonly #mailbox: Mailbox<LoopEntry>
  readonly #table: SessionTable
  readonly #inboxes = new Map<LoopPipeline, PipelineInbox>()
  readonly #counters = { framesIn: 0, framesOut: 0, runs: 0, rows: 0 }
  readonly #done: Promise<void>
  /** What is to be done before the next run. */
  #tasks: (() => void)[] = []
  #isWakePending = false

  constructor(components: StageLoopComponents, init: StageLoopInit) {
    const { settings } = init
    this.#components = components
    this.#init = init
    this.#table = new SessionTable(components.log, settings)
    const perPipeline = settings.inboxFramesMax + SPARE_ENTRIES_PER_PIPELINE
    this.#mailbox = new Mailbox({ entriesMax: settings.pipelinesMax * perPipeline + 1 })
    this.#done = this.#loop()
  }

  /** What was done so far. */
  get counters(): StageLoopCounters {
    return { ...this.#counters, sessionsOpen: this.#table.openCount }
  }

  /**
   * Puts a frame into the inbox.
   *
   * @returns undefined, or a promise that resolves when the sender may be read again: awaiting it is back-pressure.
   */
  accept(pipeline: LoopPipeline, message: HiddenMessage): Promise<void> | undefined {
    if (this.#mailbox.isClosed) return undefined
    const inbox = this.#inboxOf(pipeline)
    const frame = inbox.add(message, this.#components.clock.monotonic())
    this.#counters.framesIn += 1
    this.#mailbox.put({ kind: 'frame', inbox, frame, message })
    return inbox.room()
  }

  /** Looks again at what waits: an output that was congested has room. */
  wake(): void {
    if (this.#isWakePending) return
    this.#isWakePending = true
    this.#mailbox.put({ kind: 'wake' })
  }

  /** Frees all sessions of a pipeline after the run in progress, and forgets its frames; resolves with their number. */
  drop(pipeline: LoopPipeline): Promise<number> {
    this.#inboxes.get(pipeline)?.drop()
    if (this.#mailbox.isClosed) return this.#done.then(() => this.#dropNow(pipeline))
    return new Promise((done) => {
      this.#mailbox.put({ kind: 'drop', pipeline, done })
    })
  }

  /**
   * Lets a pipeline go on under another epoch, after the run in progress: `enter` is called, and frames that wait are
   * forgotten. Resolves with how far its sessions came.
   */
  reform(pipeline: LoopPipeline, enter: () => void): Promise<readonly SessionStanding[]> {
    return this.atRest(() => {
      const inbox = this.#inboxOf(pipeline)
      enter()
      this.#table.forgetWaiting(inbox)
      return this.#table.standing(inbox)
    })
  }

  /** How far a pipeline's sessions came; to be asked for while nothing runs, see {@link atRest}. */
  standing(pipeline: LoopPipeline): readonly SessionStanding[] {
    return this.#table.standing(this.#inboxOf(pipeline))
  }

  /**
   * Lets a session of a pipeline begin where it came to elsewhere, after the run in progress.
   *
   * @throws SessionsFullError.
   */
  resume(pipeline: LoopPipeline, standing: SessionStanding): Promise<void> {
    return this.atRest(() => this.#table.resume(this.#inboxOf(pipeline), standing))
  }

  /** Ends sessions of which the driver was told already, after the run in progress. */
  abandon(pipeline: LoopPipeline, sessions: readonly string[]): Promise<void> {
    return this.atRest(() => this.#table.abandon(this.#inboxOf(pipeline), sessions))
  }

  /** Does something between two runs. Rejects with what it throws. */
  async atRest<T>(action: () => T): Promise<T> {
    if (this.#mailbox.isClosed) {
      await this.#done
      return action()
    }
    return new Promise((resolve, reject) => {
      this.#tasks.push(() => {
        try {
          resolve(action())
        } catch (cause) {
          reject(fromUnknown(cause))
        }
      })
      this.wake()
    })
  }

  /** Takes nothing more; resolves when the run in progress is over and its results are handed to their links. */
  stop(): Promise<void> {
    this.#mailbox.close()
    return this.#done
  }

  #inboxOf(pipeline: LoopPipeline): PipelineInbox {
    const known = this.#inboxes.get(pipeline)
    if (known !== undefined) return known
    const { inboxFramesMax: framesMax, inboxBytesMax: bytesMax } = this.#init.settings
    const inbox = new PipelineInbox(pipeline, { framesMax, bytesMax })
    this.#inboxes.set(pipeline, inbox)
    return inbox
  }

  #dropNow(pipeline: LoopPipeline): number {
    const inbox = this.#inboxes.get(pipeline)
    this.#inboxes.delete(pipeline)
    return inbox === undefined ? 0 : this.#table.drop(inbox)
  }

  async #loop(): Promise<void> {
    const { rowsPerRunMax: rowsMax, sessionsPerRunMax: sessionsMax } = this.#init.settings
    let isIdle = true
    while (!this.#mailbox.isClosed) {
      for (const entry of isIdle ? await this.#mailbox.takeAll() : this.#mailbox.takeReady())
        this.#take(entry)
      this.#work()
      if (this.#mailbox.isClosed) break
      try {
        const run = formRun(this.#table, { rowsMax, sessionsMax })
        isIdle = run === undefined
        if (run !== undefined) await this.#execute(run)
      } catch (cause) {
        // A bug: the sessions of this run may hang, the process and its other pipelines don't.
        isIdle = true
        const { code, message, stack } = fromUnknown(cause)
        this.#components.log.error('stage-loop-failed', { code, reason: message, stack })
      }
    }
    for (const entry of this.#mailbox.takeReady()) if (entry.kind === 'drop') this.#take(entry)
    this.#work()
  }

  #work(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task()
  }

  #take(entry: LoopEntry): void {
    if (entry.kind === 'frame') {
      const { inbox, frame, message } = entry
      if (inbox.isDropped) return
      // The pipeline may have been formed anew since the frame came.
      if (message.epoch === inbox.pipeline.epoch) this.#table.sort(inbox, frame, message)
      else inbox.remove(frame)
    } else if (entry.kind === 'drop') {
      entry.done(this.#dropNow(entry.pipeline))
    } else {
      this.#isWakePending = false
    }
  }

  async #execute(run: FormedRun): Promise<void> {
    const groups = [...run.groups.values()]
    const entries = groups.flat().filter((entry) => entry.rows !== undefined)
    if (entries.length === 0) {
      for (const group of groups) this.#emit(group, run.work.composeControl)
      return
    }
    try {
      const done = await this.#run(run.work, entries)
      let firstPart = 0
      let firstRow = 0
      for (const group of groups) {
        this.#emit(group, done.result.compose, { done, firstPart, firstRow })
        for (const { rows } of group) {
          if (rows === undefined) continue
          firstPart += 1
          firstRow += rows.part.rows
        }
      }
    } catch (cause) {
      await this.#isolate(run, entries, fromUnknown(cause))
    }
  }

  /** After a run that failed: runs each session alone, so that only those that fail by themselves end. */
  async #isolate(run: FormedRun, entries: readonly RunEntry[], error: ShardlineError): Promise<void> {
    this.#components.log.warn('run-failed', {
      sessions: entries.length,
      code: error.code,
      reason: error.message,
    })
    for (const entry of [...run.groups.values()].flat()) {
      if (entry.rows === undefined) {
        this.#emit([entry], run.work.composeControl)
        continue
      }
      try {
        if (entries.length === 1) throw error
        const done = await this.#run(run.work, [entry])
        this.#emit([entry], done.result.compose, { done, firstPart: 0, firstRow: 0 })
      } catch (cause) {
        if (!entry.lane.inbox.isDropped) this.#table.fail(entry.lane, fromUnknown(cause))
        entry.rows = undefined
        this.#emit([entry], run.work.composeControl)
      }
    }
  }

  async #run(work: StageWork, entries: readonly RunEntry[]): Promise<DoneRun> {
    const { clock } = this.#components
    const parts: WorkPart[] = []
    const hidden: Float32Array[] = []
    for (const { rows } of entries) {
      if (rows === undefined) continue
      parts.push(rows.part)
      hidden.push(rows.hidden)
      this.#counters.rows += rows.part.rows
    }
    this.#counters.runs += 1
    const startedMs = clock.monotonic()
    const result = await work.run({ parts, hidden: gatherRows(hidden) })
    const endedMs = clock.monotonic()
    for (const { lane, rows } of entries) {
      if (rows === undefined) continue
      lane.length = rows.part.position + rows.part.rows
      lane.turn = rows.part.turn
    }
    for (const { session, error } of result.failures) {
      const lane = entries.find((entry) => entry.lane === session)?.lane
      if (lane !== undefined && !lane.inbox.isDropped) this.#table.fail(lane, error)
    }
    return { result, startedMs, endedMs }
  }

  /** Sends what became of one pipeline's entries, and ends the sessions that close. Never throws. */
  #emit(
    entries: readonly RunEntry[],
    compose: ComposeMessages,
    run?: { readonly done: DoneRun; readonly firstPart: number; readonly firstRow: number },
  ): void {
    const inbox = entries[0]?.lane.inbox
    if (inbox === undefined || inbox.isDropped) return
    const { pipeline } = inbox
    const parts = entries.flatMap(({ rows }) => (rows === undefined ? [] : [rows.part]))
    const open = entries.flatMap(({ lane, opened }) =>
      opened === undefined || lane.state === 'failed' ? [] : [opened],
    )
    const close = entries.filter(({ isClosing }) => isClosing).map(({ lane }) => lane.id)
    const rows = parts.reduce((sum, part) => sum + part.rows, 0)
    if (parts.length + open.length + close.length > 0) {
      try {
        const { firstPart, firstRow } = run ?? { firstPart: 0, firstRow: 0 }
        const trace = this.#trace(entries, rows, run?.done)
        const { id, epoch } = pipeline
        const messages = compose({
          pipeline: id,
          epoch,
          open,
          parts,
          firstPart,
          firstRow,
          rows,
          close,
          trace,
        })
        for (const message of messages) pipeline.output.post(message)
        this.#counters.framesOut += messages.length
      } catch (cause) {
        for (const { lane } of entries) this.#table.fail(lane, fromUnknown(cause))
      }
    }
    for (const { lane, isClosing } of entries) if (isClosing) this.#table.end(lane)
  }

  #trace(
    entries: readonly RunEntry[],
    rows: number,
    done: DoneRun | undefined,
  ): ReturnType<typeof joinTraces> {
    const frames = new Set(entries.flatMap((entry) => [...entry.frames]))
    const traces = [...frames].map(({ trace }) => trace)
    const arrivedMs = Math.min(...[...frames].map((frame) => frame.arrivedMs))
    for (const frame of frames) frame.trace = []
    const pipeline = entries[0]?.lane.inbox.pipeline
    if (done === undefined || pipeline === undefined) return joinTraces(traces, undefined)
    const own = traceEntry({ node: this.#init.node, layers: pipeline.layers }, rows, {
      arrivedMs,
      runStartedMs: done.startedMs,
      runEndedMs: done.endedMs,
      handedOverMs: this.#components.clock.monotonic(),
    })
    return joinTraces(traces, own)
  }
}
