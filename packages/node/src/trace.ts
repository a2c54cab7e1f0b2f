import type { Milliseconds } from '@shardline/core'
import { TRACE_ENTRIES_MAX } from '@shardline/wire'
import type { TraceEntry, WireLayers } from '@shardline/wire'

/** When a frame's rows came, ran and left, on the stage's monotonic clock. */
export interface FrameTimes {
  /** Arrival of the earliest frame that gave rows. */
  readonly arrivedMs: Milliseconds
  readonly runStartedMs: Milliseconds
  readonly runEndedMs: Milliseconds
  readonly handedOverMs: Milliseconds
}

/** This stage's entry in a frame's trace. */
export function traceEntry(
  stage: { readonly node: string; readonly layers: WireLayers | null },
  rows: number,
  times: FrameTimes,
): TraceEntry {
  return {
    node: stage.node,
    layers: stage.layers,
    rows,
    queueMs: times.runStartedMs - times.arrivedMs,
    computeMs: times.runEndedMs - times.runStartedMs,
    totalMs: times.handedOverMs - times.arrivedMs,
  }
}

/**
 * Joins the traces of the frames that went into one frame. Every entry is passed on once, so that sums over a trace stay
 * right when frames are merged. Beyond TRACE_ENTRIES_MAX the entries of each stage are added up into one.
 */
export function joinTraces(
  traces: readonly (readonly TraceEntry[])[],
  own: TraceEntry | undefined,
): readonly TraceEntry[] {
  const joined = traces.flat()
  if (own !== undefined) joined.push(own)
  return joined.length > TRACE_ENTRIES_MAX ? addUpByStage(joined) : joined
}

function addUpByStage(entries: readonly TraceEntry[]): readonly TraceEntry[] {
  const byStage = new Map<string, TraceEntry>()
  for (const entry of entries) {
    const stage = `${entry.layers?.first ?? 'head'} ${entry.node}`
    const sum = byStage.get(stage)
    byStage.set(stage, sum === undefined ? entry : add(sum, entry))
  }
  // A pipeline has fewer stages than the limit; only a peer that invents stages gets here with more.
  return [...byStage.values()].slice(-TRACE_ENTRIES_MAX)
}

function add(a: TraceEntry, b: TraceEntry): TraceEntry {
  return {
    node: a.node,
    layers: a.layers,
    rows: a.rows + b.rows,
    queueMs: a.queueMs + b.queueMs,
    computeMs: a.computeMs + b.computeMs,
    totalMs: a.totalMs + b.totalMs,
  }
}
