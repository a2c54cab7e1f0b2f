import type { Stage } from '@shardline/engine'
import { digestRun, EvidenceBook, EVIDENCE_SESSIONS_MAX, hiddenRows } from '@shardline/node'
import type { OutgoingFrame, RunResult, StageWork, WorkBatch, WorkSession } from '@shardline/node'
import type { HiddenMessage } from '@shardline/wire'

const NO_ROWS: Float32Array = new Float32Array(0)
/** A worker's work: pushes rows through its layers and passes them on as hidden states. */
export class StageForward implements StageWork {
  readonly hiddenSize: number
  readonly evidence: EvidenceBook
  readonly #stage: Stage

  /** @param evidenceSessionsMax closed sessions of one pipeline whose hashes are kept. */
  constructor(stage: Stage, evidenceSessionsMax: number = EVIDENCE_SESSIONS_MAX) {
    this.evidence = new EvidenceBook({ sessionsMax: evidenceSessionsMax })
    this.#stage = stage
    this.hiddenSize = stage.hiddenSize
  }

  open(session: WorkSession, capacity: number, isProven: boolean): void {
    this.#stage.open(session.key, { capacity })
    if (isProven) this.evidence.open(session)
  }

  async run(batch: WorkBatch): Promise<RunResult> {
    const { hiddenSize } = this
    const segments = batch.parts.map(({ session, position, rows }) => ({
      session: session.key,
      position,
      rows,
    }))
    const rows = await this.#stage.run({ segments, hidden: batch.hidden })
    digestRun(this.evidence, {
      batch,
      hiddenSize,
      given: (_part, firstRow) => hiddenRows(rows.subarray(firstRow * hiddenSize), hiddenSize),
    })
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
    this.evidence.close(session)
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
