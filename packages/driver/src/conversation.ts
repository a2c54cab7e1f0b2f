import type { AnswerRunner, SessionSource } from './answer-runner.ts'
import type { RequestBounds } from './check-request.ts'
import type { Answer, Conversation, GenerateRequest } from './driver-types.ts'
import { ConversationBusyError, ConversationClosedError } from './errors.ts'
import type { PipelineCore } from './pipeline-core.ts'
import type { Session } from './session.ts'

/** What a {@link PipelineConversation} works with. */
export interface ConversationComponents {
  readonly core: PipelineCore
  readonly runner: AnswerRunner
}

/** What a {@link PipelineConversation} is made of. */
export interface ConversationInit {
  readonly bounds: RequestBounds
  /** Gives the conversation's place back. */
  readonly releaseSlot: () => void
}

/**
 * A conversation over one session that stays open between turns. If a stage gives the session up, that answer fails, and
 * the next one starts with a new session and the whole context.
 */
export class PipelineConversation implements Conversation {
  readonly #components: ConversationComponents
  readonly #init: ConversationInit
  #session: Session | undefined
  readonly #over = new AbortController()
  #isBusy = false

  constructor(components: ConversationComponents, init: ConversationInit) {
    this.#components = components
    this.#init = init
  }

  generate(request: GenerateRequest): Answer {
    const signals = request.signal === undefined ? [this.#over.signal] : [this.#over.signal, request.signal]
    const signal = AbortSignal.any(signals)
    return this.#components.runner.start({ ...request, signal }, this.#source(), this.#init.bounds)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    const session = this.#session
    if (session !== undefined) await this.#components.core.closeSession(session)
    this.#init.releaseSlot()
  }

  #source(): SessionSource {
    return {
      acquire: () => this.#acquire(),
      release: async () => {
        this.#isBusy = false
        return undefined
      },
    }
  }

  async #acquire(): Promise<Session> {
    if (this.#over.signal.aborted) throw new ConversationClosedError()
    if (this.#isBusy) throw new ConversationBusyError()
    if (this.#session === undefined || this.#session.isOver) {
      this.#session = this.#components.core.openSession(this.#init.bounds.tokensMax)
    }
    this.#isBusy = true
    return this.#session
  }
}
