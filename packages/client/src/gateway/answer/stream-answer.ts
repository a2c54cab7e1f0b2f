import type { AnswerReport, AskStream } from '../../answer-source.ts'
import { failureReply, toCodedError } from '../http/error-reply.ts'
import type { FailureReply } from '../http/error-reply.ts'
import { noteFailure } from '../http/failures.ts'
import { goodEvent } from './collect-answer.ts'
import type { GoodEvent, StartedEvent } from './collect-answer.ts'
import type { Exchange } from './exchange.ts'
import { GatewayAnswerIncompleteError } from '../gateway-errors.ts'
import { StreamWriter } from './stream-writer.ts'
import type { StreamKind } from './stream-writer.ts'

/** Writes an answer in the form of one endpoint. What has nothing to say gives an empty text. */
export interface StreamForm {
  readonly kind: StreamKind
  event(event: GoodEvent): string
  /** The answer has ended, and all of it is verified. */
  end(report: AnswerReport): string
  failure(failure: FailureReply): string
}

/**
 * Streams an answer to the client. Headers wait for the start of the answer, so that what fails before is told by its
 * status; if that takes long they are sent, and what fails later is told in the stream.
 *
 * @throws what fails before the headers are sent.
 */
export async function streamAnswer(exchange: Exchange, answer: AskStream, form: StreamForm): Promise<void> {
  const { clock, settings } = exchange.context
  const events = answer[Symbol.asyncIterator]()
  const writer = new StreamWriter(exchange, form.kind)
  let next = events.next()
  const patience = new AbortController()
  const late = clock.sleep(settings.commentMs, { signal: patience.signal }).catch(() => undefined)
  try {
    const first = await Promise.race([next, late])
    if (first?.done === false) {
      const event = goodEvent(first.value)
      if (event.type === 'started') exchange.setHeaders(startHeaders(event))
    }
  } catch (cause) {
    throw exchange.causeOf(cause)
  } finally {
    patience.abort()
  }
  writer.begin()
  try {
    let isDone = false
    for (let result = await next; result.done !== true; result = await next) {
      const event = goodEvent(result.value)
      isDone = event.type === 'done'
      await writer.write(form.event(event))
      next = events.next()
    }
    if (!isDone) throw new GatewayAnswerIncompleteError()
    await writer.write(form.end(await answer.report))
  } catch (cause) {
    await tellFailure(exchange, { writer, form, cause })
  } finally {
    // What is left of an answer that isn't wanted any more is cancelled.
    next.catch(() => undefined)
    void events.return?.().catch(() => undefined)
    writer.end()
  }
}

interface Told {
  readonly writer: StreamWriter
  readonly form: StreamForm
  readonly cause: unknown
}

async function tellFailure(exchange: Exchange, { writer, form, cause }: Told): Promise<void> {
  if (exchange.isLeft) return
  const { context, reply } = exchange
  const error = toCodedError(exchange.causeOf(cause), context.settings)
  const failure = failureReply(error, context.settings)
  noteFailure(context, { error, status: failure.status, route: reply.request.routeOptions.url ?? '' })
  await writer.write(form.failure(failure)).catch(() => undefined)
}

function startHeaders({ stages }: StartedEvent): {
  readonly driver?: string | undefined
  readonly validator?: string | undefined
} {
  return {
    driver: stages.find(({ role }) => role === 'driver')?.party,
    validator: stages.find(({ role }) => role === 'validator')?.party,
  }
}
