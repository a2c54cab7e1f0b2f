import type { AnswerTracer } from '@shardline/driver'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { fromUnknown } from '@shardline/core'
import type { Clock, Log } from '@shardline/core'
import {
  TRACE_BATCH_MS,
  TRACE_BATCH_SPANS_MAX,
  TRACE_EXPORT_MS_MAX,
  TRACE_FLUSH_MS_MAX,
  TRACE_SPANS_QUEUED_MAX,
} from '../limits.ts'
import { VERSION } from '../version.ts'
import { OtelAnswerTracer } from './otel-answer-tracer.ts'

/** What {@link openTracing} takes. */
export interface TracingInit {
  readonly clock: Clock
  readonly log: Log
  /** Collector of OTLP over HTTP, without `/v1/traces`. */
  readonly endpoint: string
  /** Id of the driver. */
  readonly party: string
}

/** Traces that go to a collector. */
export interface Tracing extends AsyncDisposable {
  readonly tracer: AnswerTracer
}

/** Sends traces of answers to a collector, in batches. One that is away costs traces and nothing else; the log says so. */
export function openTracing({ clock, log, endpoint, party }: TracingInit): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    timeoutMillis: TRACE_EXPORT_MS_MAX,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'shardline-driver',
      'service.version': VERSION,
      'service.instance.id': party,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reporting(exporter, log),
        maxQueueSize: TRACE_SPANS_QUEUED_MAX,
        maxExportBatchSize: TRACE_BATCH_SPANS_MAX,
        scheduledDelayMillis: TRACE_BATCH_MS,
        exportTimeoutMillis: TRACE_EXPORT_MS_MAX,
      }),
    ],
  })
  log.info('traces-sent', { endpoint })
  return {
    tracer: new OtelAnswerTracer({ tracer: provider.getTracer('shardline', VERSION), clock }),
    [Symbol.asyncDispose]: async () => {
      const over = new AbortController()
      const late = clock.sleep(TRACE_FLUSH_MS_MAX, { signal: over.signal }).catch(() => undefined)
      await Promise.race([provider.shutdown().catch(() => undefined), late])
      over.abort()
    },
  }
}

/** Says once that traces don't arrive, and once that they do again. */
function reporting(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const isFailed = result.error !== undefined || result.code !== 0
        if (isFailed && !isFailing) {
          log.warn('traces-lost', { spans: spans.length, reason: fromUnknown(result.error).message })
        }
        if (!isFailed && isFailing) log.info('traces-arrive')
        isFailing = isFailed
        done(result)
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  }
}
