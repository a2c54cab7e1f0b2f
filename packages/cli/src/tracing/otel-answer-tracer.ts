import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, Context, HrTime, Span, Tracer } from '@opentelemetry/api'
import { formatLayerRange } from '@shardline/core'
import type { Clock, Milliseconds } from '@shardline/core'
import type {
  AnswerTrace,
  AnswerTracer,
  StageEvent,
  TracedAnswer,
  TracedEnd,
  TracedStep,
} from '@shardline/driver'

/** What an {@link OtelAnswerTracer} works with. */
export interface OtelAnswerTracerComponents {
  readonly tracer: Tracer
  /** The driver's. */
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
}

/** A point of the driver's monotonic clock as OpenTelemetry has it. */
type ToTime = (ms: Milliseconds) => HrTime

const MS_PER_S = 1_000
const NS_PER_MS = 1e6

/**
 * Tells OpenTelemetry of answers: a span for each, below it one for each trip of its rows through the stages, and below that
 * one for each stage. Ids, counts and times; nothing of what is said.
 *
 * Stages only say how long they took, since their clocks are their own. So their spans are laid one after the other from
 * frame out to answer in, and what is left over is shared by the ways between them.
 */
export class OtelAnswerTracer implements AnswerTracer {
  readonly #tracer: Tracer
  readonly #toTime: ToTime

  constructor({ tracer, clock }: OtelAnswerTracerComponents) {
    this.#tracer = tracer
    const originMs = clock.now() - clock.monotonic()
    this.#toTime = (ms) => {
      const wallMs = originMs + ms
      const seconds = Math.floor(wallMs / MS_PER_S)
      return [seconds, Math.round((wallMs - seconds * MS_PER_S) * NS_PER_MS)]
    }
  }

  begin(answer: TracedAnswer): AnswerTrace {
    const span = this.#tracer.startSpan(
      'answer',
      {
        kind: SpanKind.SERVER,
        startTime: this.#toTime(answer.startedMs),
        attributes: {
          'shardline.pipeline': answer.pipeline,
          'shardline.prompt_tokens': answer.promptTokens,
          ...(answer.ask === undefined ? {} : { 'shardline.ask': answer.ask }),
          ...(answer.choice === undefined ? {} : { 'shardline.choice': answer.choice }),
        },
      },
      ROOT_CONTEXT,
    )
    return new OtelAnswerTrace(span, { tracer: this.#tracer, toTime: this.#toTime })
  }
}

class OtelAnswerTrace implements AnswerTrace {
  readonly #span: Span
  readonly #context: Context
  readonly #tracer: Tracer
  readonly #toTime: ToTime

  constructor(span: Span, { tracer, toTime }: { readonly tracer: Tracer; readonly toTime: ToTime }) {
    this.#span = span
    this.#context = trace.setSpan(ROOT_CONTEXT, span)
    this.#tracer = tracer
    this.#toTime = toTime
  }

  step(step: TracedStep): void {
    const { sentMs, landedMs, isDecode, rows, rowsTotal, stages } = step
    const span = this.#tracer.startSpan(
      isDecode ? 'token' : 'prompt rows',
      {
        startTime: this.#toTime(sentMs),
        attributes: { 'shardline.rows': rows, 'shardline.rows_total': rowsTotal },
      },
      this.#context,
    )
    const context = trace.setSpan(ROOT_CONTEXT, span)
    const atStagesMs = stages.reduce((sum, { totalMs }) => sum + totalMs, 0)
    const wayMs = Math.max(0, landedMs - sentMs - atStagesMs) / (stages.length + 1)
    let atMs = sentMs
    for (const stage of stages) {
      const fromMs = Math.min(landedMs, atMs + wayMs)
      // Stages that merged frames may say more than this trip took.
      atMs = Math.min(landedMs, fromMs + stage.totalMs)
      const attributes = hopAttributes(stage)
      this.#tracer
        .startSpan('hop', { startTime: this.#toTime(fromMs), attributes }, context)
        .end(this.#toTime(atMs))
    }
    span.end(this.#toTime(landedMs))
  }

  event(event: StageEvent): void {
    this.#span.addEvent(event.name, eventAttributes(event))
  }

  end(end: TracedEnd): void {
    if ('code' in end) {
      this.#span.setAttribute('shardline.code', end.code)
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: end.code })
    } else {
      this.#span.setAttributes({
        'shardline.finish_reason': end.finishReason,
        'shardline.tokens': end.tokens,
        'shardline.reused_tokens': end.reusedTokens,
      })
    }
    this.#span.end()
  }
}

function hopAttributes(stage: TracedStep['stages'][number]): Attributes {
  return {
    'shardline.role': stage.layers === null ? 'validator' : 'worker',
    'shardline.node': stage.node,
    ...(stage.layers === null ? {} : { 'shardline.layers': formatLayerRange(stage.layers) }),
    'shardline.rows': stage.rows,
    'shardline.queue_ms': stage.queueMs,
    'shardline.compute_ms': stage.computeMs,
    'shardline.total_ms': stage.totalMs,
  }
}

function eventAttributes(event: StageEvent): Attributes {
  if (event.name === 'stages-replaced') return { 'shardline.nodes': [...event.nodes] }
  const node = event.node === undefined ? {} : { 'shardline.node': event.node }
  return { 'shardline.kind': event.kind, 'shardline.code': event.code, ...node }
}
