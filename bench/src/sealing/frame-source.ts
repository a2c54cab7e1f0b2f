import type { HiddenMessage, HiddenSegment, SessionOpening } from '@shardline/wire'
import type { HopWorkload } from './hop-workload.ts'
import { HOP_CONTEXT_TOKENS, rowsOf } from './hop-workload.ts'

/** Options of a {@link FrameSource}. */
export interface FrameSourceInit {
  readonly workload: HopWorkload
  readonly pipeline: string
  readonly epoch: number
  readonly hiddenSize: number
  /** Unlike that of any other source of the same pipeline. */
  readonly name: string
}

/** Makes the frames of a workload, one at a time: as a driver would, it opens sessions, goes on with them and closes them. */
export class FrameSource {
  readonly #init: FrameSourceInit
  readonly #payload: Float32Array
  #frames = 0
  #sessions: readonly string[] = []

  constructor(init: FrameSourceInit) {
    this.#init = init
    const length = rowsOf(init.workload) * init.hiddenSize
    this.#payload = Float32Array.from({ length }, (_, i) => Math.sin(i))
  }

  /** The next frame; it holds the payload of all. */
  next(): HiddenMessage {
    const { workload, name } = this.#init
    const place = this.#frames % workload.framesPerSession
    const isNew = place === 0
    const close = isNew ? this.#sessions : []
    if (isNew) {
      this.#sessions = Array.from({ length: workload.sessions }, (_, i) => `${name}-${this.#frames}-${i}`)
    }
    const open = isNew ? this.#sessions.map(openingOf) : []
    this.#frames += 1
    return this.#frame(open, segmentsOf(this.#sessions, workload, place), close)
  }

  /** The frame after the last one: it closes what is open. */
  end(): HiddenMessage {
    const close = this.#sessions
    this.#sessions = []
    this.#frames = 0
    return this.#frame([], [], close)
  }

  #frame(
    open: readonly SessionOpening[],
    segments: readonly HiddenSegment[],
    close: readonly string[],
  ): HiddenMessage {
    const { pipeline, epoch, hiddenSize } = this.#init
    const payload = segments.length === 0 ? new Float32Array() : this.#payload
    return { kind: 'hidden', pipeline, epoch, hiddenSize, open, segments, close, trace: [], payload }
  }
}

function openingOf(session: string): SessionOpening {
  return { session, capacity: HOP_CONTEXT_TOKENS, isProven: false }
}

function segmentsOf(
  sessions: readonly string[],
  { rows }: HopWorkload,
  place: number,
): readonly HiddenSegment[] {
  return sessions.map((session) => ({ session, turn: 0, position: place * rows, rows, use: 'sample' }))
}
