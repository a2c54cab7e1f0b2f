import type { Stage } from '@shardline/engine'
import type { OutgoingFrame, RunResult, StageWork, WorkBatch, WorkSession } from '@shardline/node'
import type { HiddenMessage } from '@shardline/wire'

const NO_ROWS: Float32Array = new Float32Array(0)

/** A worker's work: pushes rows through its layers and passes them on as hidden states. */
export class StageForward implements StageWork {
  readonly hiddenSize: number
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
    this.hiddenSize = stage.hiddenSize
  }

  open(session: WorkSession, capacity: number): void {
    this.#stage.open(session.key, { capacity })
  }

  async run(batch: WorkBatch): Promise<RunResult> {
    const { hiddenSize } = this
    const segments = batch.parts.map(({ session, position, rows }) => ({
      session: session.key,
      position,
      rows,
    }))
    const rows = await this.#stage.run({ segments, hidden: batch.hidden })
    return {
      failures: [],
      compose: (frame) => {
        const first = frame.firstRow * hiddenSize
        const end = first + frame.rows * hiddenSize
        return [this.#message(frame, end - first === rows.length ? rows : rows.subarray(first, end))]
      },
    }
  }

  readonly composeControl = (frame: OutgoingFrame): readonly HiddenMessage[] => [
    this.#message(frame, NO_ROWS),
  ]

  close(session: WorkSession): void {
    this.#stage.close(session.key)
  }

  #message(frame: OutgoingFrame, payload: Float32Array): HiddenMessage {
    const { pipeline, epoch, open, close, trace } = frame
    const segments = frame.parts.map(({ session, turn, position, rows, use }) => ({
      session: session.id,
      turn,
      position,
      rows,
      use,
    }))
    return {
      kind: 'hidden',
      pipeline,
      epoch,
      hiddenSize: this.hiddenSize,
      open,
      segments,
      close,
      trace,
      payload,
    }
  }
}
