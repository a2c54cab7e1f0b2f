import { AbortedError } from '@shardline/core'
import type { AskContent } from '@shardline/wire'
import type { FastifyReply } from 'fastify'
import type { AskStream } from '../../answer-source.ts'
import { GatewayAnswerTimeoutError, GatewayClosingError } from '../gateway-errors.ts'
import type { GatewayContext } from '../http/app.ts'
import { onClose } from '../http/on-close.ts'
import { joinAnswers } from './join-answers.ts'
import type { ReportHeaders } from './shardline-report.ts'

/** One request that is being answered: ends its asks when the client leaves, when it takes too long, or when the gateway stops. */
export class Exchange {
  readonly context: GatewayContext
  readonly reply: FastifyReply
  readonly #over = new AbortController()

  constructor(context: GatewayContext, reply: FastifyReply) {
    this.context = context
    this.reply = reply
    const { clock, settings, over } = context
    const onStop = (): void => this.#over.abort(new GatewayClosingError())
    over.addEventListener('abort', onStop, { once: true })
    clock
      .sleep(settings.answerMsMax, { signal: this.#over.signal })
      .then(() => this.#over.abort(new GatewayAnswerTimeoutError(settings.answerMsMax)))
      .catch(() => undefined)
    onClose(reply.raw, () => {
      over.removeEventListener('abort', onStop)
      this.#over.abort(new AbortedError('the request'))
    })
  }

  /** Aborts when nobody waits for the answer any more; the reason says why. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** Whether the client has left. */
  get isLeft(): boolean {
    return this.reply.raw.destroyed
  }

  /** Asks; several asks are answered at the same time, as one answer. */
  ask(contents: readonly AskContent[]): AskStream {
    const streams = contents.map((content) => this.context.source.ask(content, { signal: this.signal }))
    return joinAnswers(streams, contents[0]?.choices ?? 1)
  }

  /** Says in the headers how the answer comes about. */
  setHeaders(headers: ReportHeaders): void {
    for (const [name, value] of Object.entries(headers) as readonly [string, string | undefined][]) {
      if (value !== undefined) this.reply.header(`x-shardline-${name}`, value)
    }
  }

  /** What ended the answer, if this did: a limit of its own is told apart from what follows from it. */
  causeOf(cause: unknown): unknown {
    const reason: unknown = this.signal.reason
    return reason instanceof GatewayAnswerTimeoutError || reason instanceof GatewayClosingError
      ? reason
      : cause
  }
}
