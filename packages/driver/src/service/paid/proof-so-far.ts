import { fromUnknown } from '@shardline/core'
import type { Log } from '@shardline/core'
import type { PipelineReceipts } from '../../proof/pipeline-receipts.ts'
import type { AnswerProgress } from '../answer-count.ts'
import type { PaidTokens } from './ask-market.ts'

/** What a {@link ProofSoFar} works with. */
export interface ProofSoFarComponents {
  /** Asks all stages for receipts of what is out. */
  readonly collect: (progress: AnswerProgress) => Promise<PipelineReceipts>
  readonly log: Pick<Log, 'debug'>
}

/** Options of a {@link ProofSoFar}. */
export interface ProofSoFarInit {
  /** For the log. */
  readonly ask: string
  /** Rows that come, at the least, before receipts are asked for again. */
  readonly intervalRows: number
}

/** Receipts for a part of an answer. */
export interface PartialProof extends PipelineReceipts {
  /** What they are signed for. */
  readonly delivered: PaidTokens
}

/** A set of receipts covers all rows anew, so the next one waits until there are a fourth more: then the work stays linear. */
const GROWTH = 1 / 4

/**
 * Receipts of an answer while it runs: asked for again and again beside the tokens, one set at a time. When a stage is lost
 * before it has signed for the whole answer, the last complete set is what can be proven.
 */
export class ProofSoFar {
  readonly #components: ProofSoFarComponents
  readonly #init: ProofSoFarInit
  #askedRows = 0
  #isAsking = false
  #latest: PartialProof | undefined

  constructor(components: ProofSoFarComponents, init: ProofSoFarInit) {
    this.#components = components
    this.#init = init
  }

  /** The last set that was complete; undefined before the first. */
  get latest(): PartialProof | undefined {
    return this.#latest
  }

  /** The answer has come so far: asks for receipts if enough rows came since the last time. Never waits for them. */
  note(progress: AnswerProgress): void {
    const { delivered, sessions } = progress
    const rows = delivered.prompt + delivered.output
    const dueRows = this.#askedRows + Math.max(this.#init.intervalRows, this.#askedRows * GROWTH)
    if (this.#isAsking || rows < dueRows || sessions.length === 0) return
    this.#askedRows = rows
    this.#isAsking = true
    void this.#ask(progress)
  }

  async #ask(progress: AnswerProgress): Promise<void> {
    const { collect, log } = this.#components
    try {
      this.#latest = { ...(await collect(progress)), delivered: progress.delivered }
    } catch (cause) {
      // The next set, or the one at the end, says what this one would have.
      log.debug('receipts-so-far-missing', { ask: this.#init.ask, code: fromUnknown(cause).code })
    } finally {
      this.#isAsking = false
    }
  }
}
