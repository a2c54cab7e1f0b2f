import type { AnswerReport } from '../../answer-source.ts'
import type { DoneEvent, GoodEvent } from '../answer/collect-answer.ts'
import { shardlineReport } from '../answer/shardline-report.ts'
import type { StreamForm } from '../answer/stream-answer.ts'
import { NDJSON } from '../answer/stream-writer.ts'
import type { StreamKind } from '../answer/stream-writer.ts'
import type { ChoiceReader, ReadText } from '../answer/tool-call.ts'
import { GatewayAnswerIncompleteError } from '../gateway-errors.ts'
import type { GatewayContext } from '../http/app.ts'
import type { FailureReply } from '../http/error-reply.ts'
import { ollamaTime } from './ollama-time.ts'

type Json = Readonly<Record<string, unknown>>

/** How one of the two endpoints writes a part of an answer: as a message, or as text. */
export type WritePart = (part: ReadText) => Json

/** What {@link AnswerLines} are made of. */
export interface AnswerLinesInit {
  readonly model: string
  readonly reader: ChoiceReader
  readonly write: WritePart
}

const NANOSECONDS = 1e6

/** An answer as Ollama's lines. */
export class AnswerLines implements StreamForm {
  readonly kind: StreamKind = NDJSON
  readonly #init: AnswerLinesInit
  readonly #context: GatewayContext
  #reason = 'stop'
  #done: DoneEvent | undefined

  constructor(init: AnswerLinesInit, context: GatewayContext) {
    this.#init = init
    this.#context = context
  }

  event(event: GoodEvent): string {
    switch (event.type) {
      case 'piece':
        return this.#line(this.#init.reader.push(event.text))
      case 'choice-ended':
        this.#reason = event.finishReason
        return this.#line(this.#init.reader.end())
      case 'done':
        this.#done = event
        return ''
      case 'started':
      case 'restaged':
      case 'window':
        return ''
    }
  }

  end(report: AnswerReport): string {
    if (this.#done === undefined) throw new GatewayAnswerIncompleteError()
    const last = {
      ...this.#init.write({ text: '', calls: [] }),
      ...doneFields(this.#done, this.#reason, report),
    }
    return `${JSON.stringify({ ...this.#head(), ...last })}\n`
  }

  failure({ error }: FailureReply): string {
    return `${JSON.stringify({ error: error.message })}\n`
  }

  #line(part: ReadText): string {
    if (part.text === '' && part.calls.length === 0) return ''
    return `${JSON.stringify({ ...this.#head(), ...this.#init.write(part), done: false })}\n`
  }

  #head(): Json {
    return { model: this.#init.model, created_at: ollamaTime(this.#context.clock.now()) }
  }
}

/** What the last line says; durations in nanoseconds, as Ollama has them. */
export function doneFields(done: DoneEvent, reason: string, report: AnswerReport): Json {
  const promptMs = Math.min(done.timeToFirstTokenMs, done.durationMs)
  return {
    done: true,
    done_reason: reason,
    total_duration: Math.round(done.durationMs * NANOSECONDS),
    load_duration: 0,
    prompt_eval_count: done.promptTokens,
    prompt_eval_duration: Math.round(promptMs * NANOSECONDS),
    eval_count: done.outputTokens,
    eval_duration: Math.round((done.durationMs - promptMs) * NANOSECONDS),
    shardline: shardlineReport(report),
  }
}
