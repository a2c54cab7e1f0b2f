import { UnexpectedError } from '@shardline/core'
import type { MetricName, Workload } from './workload.ts'

/** When the tokens of one stream were there, in milliseconds since the workload began. */
export interface StreamTimes {
  readonly tokenMs: readonly number[]
}

/** What a run showed; a metric that it can't show is missing. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>

/**
 * Tokens per second of all streams together while all of them decode: from when the last stream has its first token
 * to when the first stream has its last. For one stream this is the time between its first and its last token.
 * Undefined if there is no such time.
 */
export function steadyRate(streams: readonly StreamTimes[]): number | undefined {
  const fromMs = Math.max(...streams.map(({ tokenMs }) => tokenMs[0] ?? Infinity))
  const toMs = Math.min(...streams.map(({ tokenMs }) => tokenMs.at(-1) ?? -Infinity))
  if (!(toMs > fromMs)) return undefined
  let tokens = 0
  for (const { tokenMs } of streams) tokens += tokenMs.filter((ms) => ms > fromMs && ms <= toMs).length
  return (tokens * 1000) / (toMs - fromMs)
}

/** The metrics that the workload is for. */
export function metricsOf(workload: Workload, streams: readonly StreamTimes[]): Metrics {
  const firstMs = Math.max(...streams.map(({ tokenMs }) => tokenMs[0] ?? Infinity))
  const all: Record<MetricName, number | undefined> = {
    decodeTokensPerSecond: steadyRate(streams),
    prefillTokensPerSecond: (workload.promptTokens * workload.streams * 1000) / firstMs,
    timeToFirstTokenMs: firstMs,
  }
  return Object.fromEntries(
    workload.metrics.flatMap((metric) => {
      const value = all[metric]
      return value === undefined || !Number.isFinite(value) ? [] : [[metric, value]]
    }),
  )
}

/**
 * Checks that every stream has all its tokens: an answer that ended early would make a rate of less work.
 *
 * @throws UnexpectedError if one has not.
 */
export function checkComplete(workload: Workload, streams: readonly StreamTimes[]): void {
  const short = streams.find(({ tokenMs }) => tokenMs.length !== workload.newTokens)
  if (short !== undefined) {
    throw new UnexpectedError(`an answer ended after ${short.tokenMs.length} of ${workload.newTokens} tokens`)
  }
}
